'use strict';
// A merchant of API v3 with its keys, WeChat Pay's keys, and the longest and oddest orders that may be made.
const { makeIdentity } = require('./keys.js');

const mchId = '1900000109';
const appId = 'wx8888888888888888';
const subMchId = '1900000209';
const subAppId = 'wx0123456789abcdef';
const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
const apiv3Key = 'Syn7hetic+APIv3/Key=for-32-bytes';
const publicKeyId = 'PUB_KEY_ID_0116000001092026112300000000000001';

const merchant = makeIdentity('3775B6A45ACD588826D15E583A95F5DD4F6C9D11', 'merchant', mchId);
const platforms = [makeIdentity('5157F09EFDC096DE15EBE81A47057A7232F1B8E1', 'platform')];
const newer = makeIdentity('4AC1F9B2A3D4E5F60718293A4B5C6D7E8F901234', 'platform');
const publicKey = { id: publicKeyId, identity: makeIdentity('2F3E4D5C6B7A8990A1B2C3D4E5F60718293A4B5C', 'public key') };
const stranger = makeIdentity('7777777777777777777777777777777777777777', 'stranger');

/** What a back end of the merchant's, made with an SDK, has. */
const sdkKeys = {
  mchId,
  appId,
  serialNo: merchant.serial,
  privateKey: merchant.pkcs8,
  apiv3Key,
  trusted: { [publicKeyId]: publicKey.identity.publicKey, [platforms[0].serial]: platforms[0].certificate },
};

/** What each merchant's machine has, by which of WeChat Pay's keys it trusts. */
const machines = {
  'the public key': (shop) => ({
    serial_no: merchant.serial,
    private_key_file: shop.write('apiclient_key.pem', merchant.pkcs1),
    public_key_id: publicKeyId,
    public_key_file: shop.write('pub_key.pem', publicKey.identity.publicKey),
  }),
  certificates: (shop) => ({ cert_p12_file: shop.write('apiclient_cert.p12', merchant.bundle) }),
  both: (shop) => ({
    private_key_file: shop.write('apiclient_key.pem', merchant.pkcs8),
    cert_file: shop.write('apiclient_cert.pem', merchant.certificate),
    public_key_id: publicKeyId,
    public_key_file: shop.write('pub_key.pem', publicKey.identity.publicKey),
  }),
};

/** Exactly so many bytes of UTF-8. */
function filled(text, bytes) {
  const left = bytes - Buffer.byteLength(text);
  return text + '茶'.repeat(Math.floor(left / 3)) + '!'.repeat(left % 3);
}

const description = filled('深圳腾讯大厦-QQ公仔 "限量" <A&B> \\ 100% ', 127);
const attach = filled('门店=深圳南山;台号=8|备注:{"加急":true} ', 127);
const detail = {
  cost_price: 608800,
  invoice_id: '微信123',
  goods_detail: [
    {
      merchant_goods_id: '1246464644',
      wechatpay_goods_id: '1001',
      goods_name: 'iPhoneX 256G "深空灰"',
      quantity: 1,
      unit_price: 528800,
    },
  ],
};
const storeInfo = {
  id: '0001',
  name: '腾讯大厦分店',
  area_code: '440305',
  address: '广东省深圳市南山区科技中一道10000号',
};
const notifyUrl = 'https://pay.example.com/notify/order';

const request = (outTradeNo, more = {}) => ({
  outTradeNo,
  totalFee: 528800,
  body: description,
  attach,
  goodsTag: 'WXG',
  detail: JSON.stringify(detail),
  timeExpire: '2036-11-23T10:00:00+08:00',
  clientIp: '2001:db8::8a2e:370:7334',
  sceneInfo: JSON.stringify({ store_info: storeInfo }),
  profitSharing: true,
  ...more,
});

module.exports = {
  apiv3Key,
  appId,
  attach,
  description,
  detail,
  machines,
  mchId,
  merchant,
  newer,
  notifyUrl,
  openid,
  platforms,
  publicKey,
  publicKeyId,
  request,
  sdkKeys,
  storeInfo,
  stranger,
  subAppId,
  subMchId,
};
