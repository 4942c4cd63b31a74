'use strict';
// SDKs of API v3 as clients of our sandbox: what they send is taken, and what it answers and tells holds by their code.
const assert = require('node:assert');
const { X509Certificate, generateKeyPairSync } = require('node:crypto');
const { before, describe, it } = require('node:test');
const { makeIdentity } = require('./support/keys.js');
const { Sandbox } = require('./support/program.js');
const { Receiver } = require('./support/receiver.js');
const { AxiosPlugin, NodeV3, axiosPluginV3, nodeV3, openid } = require('./support/sdks.js');

const sdks = { 'wechatpay-axios-plugin': axiosPluginV3, 'wechatpay-node-v3': nodeV3 };

/** 32 bytes, with the characters that a URL escapes. */
const longNumber = (name) => `${name}|2026*1123_-${'0'.repeat(32)}`.slice(0, 32);

function order(number, more = {}) {
  return {
    description: '深圳腾讯大厦-QQ公仔 "限量" <A&B> 100%',
    out_trade_no: number,
    attach: '门店=深圳南山;台号=8|备注:加急',
    notify_url: 'https://pay.example.com/notify/order',
    amount: { total: 1000, currency: 'CNY' },
    ...more,
  };
}

const orders = {
  jsapi: (number) => order(number, { payer: { openid }, time_expire: '2036-11-23T10:00:00+08:00' }),
  native: (number) => order(number, { goods_tag: 'WXG', support_fapiao: true }),
  app: (number) =>
    order(number, { scene_info: { payer_client_ip: '2001:db8::8a2e:370:7334', device_id: '013467007045764' } }),
  h5: (number) => order(number, { scene_info: { payer_client_ip: '203.0.113.7', h5_info: { type: 'Wap' } } }),
};

/** The platform certificates that `sandbox keys` wrote, by serial. */
function certificatesOf(sandbox) {
  const all = sandbox.keyFile('platformCertificatesFile').match(/-----BEGIN[^]*?-----END CERTIFICATE-----\n/g);
  return Object.fromEntries(all.map((pem) => [new X509Certificate(pem).serialNumber, pem]));
}

function keysOf(sandbox) {
  const trusted = sandbox.keys.platformCertificatesFile ? certificatesOf(sandbox) : {};
  if (sandbox.keys.publicKeyId) trusted[sandbox.keys.publicKeyId] = sandbox.keyFile('publicKeyFile');
  const { mchId, appId, serialNo } = sandbox.keys;
  return { mchId, appId, serialNo, privateKey: sandbox.keyFile('privateKeyFile'), apiv3Key: sandbox.apiv3Key, trusted };
}

for (const trust of ['certificate', 'public-key', 'both']) {
  for (const [name, sdk] of Object.entries(sdks)) {
    describe(`${name} at a sandbox that signs by ${trust}`, () => {
      let sandbox;
      let keys;
      let client;
      let merchant;
      before(async () => {
        sandbox = await Sandbox.start({ trust });
        keys = keysOf(sandbox);
        client = sdk(sandbox.url, keys);
        merchant = await Receiver.start(() => ({ status: 204 }));
      });
      /** The notification of a paid order as it reached the merchant's server. */
      const notified = async (number) => {
        await sandbox.command('notify', number, '--to', `${merchant.url}/notify`);
        return merchant.requests.at(-1);
      };

      it('refunds a part of an order, once for each number, asks about it, and is told', async () => {
        const number = longNumber('refunded');
        const out_refund_no = `R-2026112300001@${'0'.repeat(64)}`.slice(0, 64);
        await client.create('jsapi', orders.jsapi(number));
        await sandbox.command('pay', number);
        const amount = { refund: 300, total: 1000, currency: 'CNY' };
        const wanted = { out_trade_no: number, out_refund_no, reason: '缺货 "限量" <A&B>', amount };
        const made = await client.refund(wanted);
        assert.strictEqual(made.status, 200, JSON.stringify(made.data));
        assert.match(made.data.refund_id, /^503\d{26}$/);
        assert.strictEqual((await client.refund(wanted)).data.refund_id, made.data.refund_id);

        await sandbox.command('refund', out_refund_no, '--state', 'SUCCESS');
        const found = await client.queryRefund(out_refund_no);
        assert.strictEqual(found.data.status, 'SUCCESS');
        assert.strictEqual(found.data.amount.refund, 300);

        await sandbox.command('notify', '--refund', out_refund_no, '--to', `${merchant.url}/notify`);
        const told = await client.open(merchant.requests.at(-1));
        assert.strictEqual(told.out_refund_no, out_refund_no);
        assert.strictEqual(told.refund_status, 'SUCCESS');
        assert.strictEqual(told.amount.refund, 300);
      });

      for (const [product, terms] of Object.entries(orders)) {
        it(`makes an order of ${product}, asks about it, and closes it`, async () => {
          const number = longNumber(product);
          const { status, data } = await client.create(product, terms(number));
          assert.strictEqual(status, 200, JSON.stringify(data));
          if (product === 'native') assert.match(data.code_url, /^weixin:\/\/wxpay\/bizpayurl/);
          else if (product === 'h5') assert.match(data.h5_url, /^https:\/\//);
          else
            assert.match(
              data.prepay_id ?? data.prepayid ?? data.package.slice('prepay_id='.length),
              /^wx[0-9a-z]{34}$/,
            );
          const open = await client.query(number);
          assert.strictEqual(open.data.out_trade_no, number);
          assert.strictEqual(open.data.trade_state, 'NOTPAY');
          assert.strictEqual((await client.close(number)).status, 204);
          assert.strictEqual((await client.query(number)).data.trade_state, 'CLOSED');
        });
      }

      it('finds a paid order by both numbers, and may not close it', async () => {
        const number = longNumber('paid');
        await client.create('jsapi', orders.jsapi(number));
        await sandbox.command('pay', number);
        const { data } = await client.query(number);
        assert.strictEqual(data.trade_state, 'SUCCESS');
        assert.deepStrictEqual(data.amount, { total: 1000, payer_total: 1000, currency: 'CNY', payer_currency: 'CNY' });
        assert.strictEqual(data.payer.openid, openid);
        assert.strictEqual(data.attach, order(number).attach);
        assert.deepStrictEqual((await client.queryTransaction(data.transaction_id)).data, data);
        const refused = await client.close(number);
        assert.strictEqual(refused.status, 400);
        assert.strictEqual((await client.query('20260101000000000000000000000404')).status, 404);
      });

      it('opens a notification, and refuses one in which a byte was changed or that another signed', async () => {
        const number = longNumber('told');
        await client.create('native', orders.native(number));
        await sandbox.command('pay', number);
        const told = await notified(number);
        assert.strictEqual(told.method, 'POST');
        assert.match(told.headers['content-type'], /^application\/json/);
        const payment = await client.open(told);
        assert.deepStrictEqual(payment, (await client.query(number)).data);
        assert.deepStrictEqual(await client.open(await notified(number)), payment);

        const forged = { ...told, body: told.body.replace('支付成功', '退款成功') };
        assert.notStrictEqual(forged.body, told.body);
        await assert.rejects(client.open(forged), /wrong signature/);
        const later = String(Number(told.headers['wechatpay-timestamp']) + 1);
        await assert.rejects(
          client.open({ ...told, headers: { ...told.headers, 'wechatpay-timestamp': later } }),
          /wrong signature/,
        );
        await sandbox.command('fault', 'wrong-sign', '--match', 'notify');
        await assert.rejects(client.open(await notified(number)), /wrong signature/);
        await sandbox.command('fault', 'none');
      });

      it('does not believe an answer that another signed', async () => {
        await sandbox.command('fault', 'wrong-sign', '--match', '/v3/pay/');
        await assert.rejects(client.query(longNumber('paid')), /signature|Verify the response/);
        assert.strictEqual((await client.query(longNumber('paid'))).data.trade_state, 'SUCCESS');
      });

      it('is refused where its own signature does not hold', async () => {
        const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
        const thief = sdk(sandbox.url, { ...keys, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) });
        const { status } = await thief.query(longNumber('paid'));
        assert.strictEqual(status, 401);
      });
    });
  }
}

describe('the platform certificates of a sandbox', () => {
  let sandbox;
  let keys;
  before(async () => {
    sandbox = await Sandbox.start();
    keys = keysOf(sandbox);
    await sandbox.command('rotate');
    await sandbox.command('keys', 'rotated');
    sandbox.keys.platformCertificatesFile = sandbox.shop.path('rotated/platform_certificates.pem');
  });

  it('are fetched, opened and then believed by wechatpay-axios-plugin', async () => {
    const { Aes, Decorator } = AxiosPlugin;
    const all = certificatesOf(sandbox);
    assert.strictEqual(Object.keys(all).length, 2);
    // Its own `wxpay crt` does the same, but in 0.9.6 verifies by a copy that never gets the certificates.
    const opened = {};
    const open = (text) => {
      for (const { serial_no: serial, encrypt_certificate: sealed } of JSON.parse(text).data) {
        opened[serial] = Aes.AesGcm.decrypt(sealed.ciphertext, keys.apiv3Key, sealed.nonce, sealed.associated_data);
      }
      return text;
    };
    const { wxpay } = axiosPluginV3(sandbox.url, { ...keys, trusted: { none: undefined } });
    const { status } = await wxpay.v3.certificates.get({
      transformResponse: [open, Decorator.responseVerifier(opened)],
    });
    assert.strictEqual(status, 200);
    assert.deepStrictEqual(opened, all);
  });

  it('are fetched and opened by wechatpay-node-v3, which reads serial and key alike', async () => {
    const { pay } = nodeV3(sandbox.url, { ...keys, trusted: {} });
    const list = await pay.get_certificates(keys.apiv3Key);
    const all = certificatesOf(sandbox);
    assert.deepStrictEqual(list.map((each) => each.serial_no).sort(), Object.keys(all).sort());
    for (const { serial_no: serial, publicKey } of list) {
      assert.strictEqual(pay.getSN(all[serial]).toUpperCase(), serial);
      assert.strictEqual(
        publicKey.trim(),
        new X509Certificate(all[serial]).publicKey.export({ type: 'spki', format: 'pem' }).trim(),
      );
    }
  });

  it('are fetched by wechatpay-node-v3 by itself when an answer names one that it does not have', async () => {
    const { query } = nodeV3(sandbox.url, keys); // knows the first one alone
    assert.strictEqual((await query('20260101000000000000000000000404')).status, 404);
    assert.deepStrictEqual(Object.keys(NodeV3.certificates).sort(), Object.keys(certificatesOf(sandbox)).sort());
  });

  it('stay shut to another APIv3 key', async () => {
    const { pay } = nodeV3(sandbox.url, { ...keys, trusted: {} });
    await assert.rejects(pay.get_certificates('another-APIv3-key-of-32-bytes-00'));
  });
});

describe('what wechatpay-axios-plugin says of a sandbox', () => {
  let sandbox;
  let client;
  let keys;
  before(async () => {
    sandbox = await Sandbox.start();
    keys = keysOf(sandbox);
    client = axiosPluginV3(sandbox.url, keys);
  });

  const faults = {
    'wrong-sign': 'EV3_RES_HEADER_SIGNATURE_DIGEST',
    probe: 'EV3_RES_HEADER_SIGNATURE_DIGEST',
    'wrong-serial': 'EV3_RES_HEADER_PLATFORM_SERIAL',
    stale: 'EV3_RES_HEADER_TIMESTAMP_OFFSET',
    unsigned: 'EV3_RES_HEADERS_INCOMPLATE',
  };
  for (const [fault, code] of Object.entries(faults)) {
    it(`that its fault ${fault} is ${code}`, async () => {
      await client.create('native', orders.native(longNumber(fault)));
      await sandbox.command('fault', fault, '--match', '/v3/pay/');
      await assert.rejects(client.query(longNumber(fault)), (error) => error.code === code);
      assert.strictEqual((await client.query(longNumber(fault))).data.trade_state, 'NOTPAY');
    });
  }

  it('that a notification whose cipher text was changed does not open', async () => {
    const number = longNumber('cipher');
    await client.create('native', orders.native(number));
    await sandbox.command('pay', number);
    await sandbox.command('fault', 'bad-cipher');
    const merchant = await Receiver.start(() => ({ status: 200, body: '{"code":"SUCCESS"}' }));
    await sandbox.command('notify', number, '--to', merchant.url);
    await assert.rejects(client.open(merchant.requests[0]), /unable to authenticate/);
    await sandbox.command('notify', number, '--to', merchant.url);
    assert.strictEqual((await client.open(merchant.requests[1])).out_trade_no, number);
  });

  it('that a number goes into the path as it is, too', async () => {
    const number = 'a|b*c_d-20261123';
    await client.create('native', orders.native(number));
    const { status, data } = await client.wxpay.v3.pay.transactions.outTradeNo._number_.get({
      params: { mchid: keys.mchId },
      number,
    });
    assert.strictEqual(status, 200);
    assert.strictEqual(data.out_trade_no, number);
  });

  it('that a service provider is served for a sub-merchant', async () => {
    const { transactions } = client.wxpay.v3.pay.partner;
    const number = longNumber('partner');
    const ids = { sp_mchid: keys.mchId, sub_mchid: '1900000209' };
    const { data: made } = await transactions.jsapi.post(
      order(number, {
        sp_appid: keys.appId,
        sub_appid: 'wx0123456789abcdef',
        ...ids,
        payer: { sub_openid: openid },
      }),
    );
    assert.match(made.prepay_id, /^wx/);
    await sandbox.command('pay', number);
    const { data: paid } = await transactions.outTradeNo._number_.get({
      params: ids,
      number: encodeURIComponent(number),
    });
    assert.strictEqual(paid.sub_mchid, '1900000209');
    assert.strictEqual(paid.payer.sub_openid, openid);
    assert.strictEqual('mchid' in paid, false);
    const { data: again } = await transactions.id._id_.get({ params: ids, id: paid.transaction_id });
    assert.deepStrictEqual(again, paid);
    const open = longNumber('partner-open');
    await transactions.native.post(order(open, { sp_appid: keys.appId, ...ids }));
    const closed = await transactions.outTradeNo._number_.close.post(ids, { number: encodeURIComponent(open) });
    assert.strictEqual(closed.status, 204);
  });
});

describe('wechatpay-node-v3, given no more than the files of the merchant platform', () => {
  it('signs by the serial that it reads, opens the certificates that it fetches, and is told of a payment', async () => {
    const merchant = makeIdentity('3775B6A45ACD588826D15E583A95F5DD4F6C9D11', 'merchant');
    const own = { mchId: '1900000777', appId: 'wx8888888888888888', apiv3Key: 'Syn7hetic+APIv3/Key=for-32-bytes' };
    const sandbox = await Sandbox.start({
      settings: (shop) => ({
        api: 'v3',
        mch_id: own.mchId,
        app_id: own.appId,
        apiv3_key_file: shop.write('v3.key', own.apiv3Key),
        private_key_file: shop.write('apiclient_key.pem', merchant.pkcs8),
        cert_file: shop.write('apiclient_cert.pem', merchant.certificate),
      }),
    });
    const client = nodeV3(sandbox.url, {
      ...own,
      certificate: merchant.certificate,
      privateKey: merchant.pkcs8,
      trusted: {},
    });
    assert.strictEqual(client.pay.serial_no, merchant.serial.toLowerCase());
    const number = longNumber('files');
    assert.strictEqual((await client.create('jsapi', orders.jsapi(number))).status, 200);
    await sandbox.command('pay', number);
    const receiver = await Receiver.start(() => ({ status: 204 }));
    await sandbox.command('notify', number, '--to', receiver.url);
    assert.strictEqual((await client.open(receiver.requests[0])).mchid, own.mchId);
  });
});

describe('a sandbox that signs by both', () => {
  it('signs by the key whose serial a request of wechatpay-axios-plugin asks for', async () => {
    const sandbox = await Sandbox.start({ trust: 'both' });
    const keys = keysOf(sandbox);
    const { wxpay } = axiosPluginV3(sandbox.url, keys);
    assert.strictEqual(Object.keys(keys.trusted).length, 2);
    for (const [asked, signedBy] of [
      [{}, Object.keys(certificatesOf(sandbox))[0]],
      [{ 'Wechatpay-Serial': sandbox.keys.publicKeyId }, sandbox.keys.publicKeyId],
    ]) {
      const answer = await wxpay.v3.certificates.get({ headers: asked });
      assert.strictEqual(answer.headers['wechatpay-serial'], signedBy);
    }
  });
});
