'use strict';
// SDKs of API v2 as clients of our sandbox: what they sign is taken, and what it answers and tells holds by their code.
const assert = require('node:assert');
const { before, describe, it } = require('node:test');
const { Sandbox } = require('./support/program.js');
const { Receiver } = require('./support/receiver.js');
const { axiosPluginV2, openid, tenpay } = require('./support/sdks.js');

const notified = '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>';

const products = {
  JSAPI: { openid },
  NATIVE: { product_id: '12235413214070356458058' },
  APP: {},
  MWEB: { scene_info: '{"h5_info":{"type":"Wap","wap_url":"https://pay.example.com","wap_name":"腾讯充值"}}' },
};

for (const [name, sdk] of Object.entries({ tenpay, 'wechatpay-axios-plugin': axiosPluginV2 })) {
  for (const sign_type of ['MD5', 'HMAC-SHA256']) {
    describe(`${name} with ${sign_type}`, () => {
      let sandbox;
      let client;
      let keys;
      let merchant;
      before(async () => {
        sandbox = await Sandbox.start({ profile: 'sandbox' });
        const { mchId, appId, key } = sandbox.said;
        keys = { mchId, appId, key };
        client = sdk(sandbox.url, keys);
        merchant = await Receiver.start(() => ({ body: notified }));
      });
      const longNumber = (of) => `${of}|2026*1123_-${'0'.repeat(32)}`.slice(0, 32);
      const order = (number, more) => ({
        body: '深圳腾讯大厦-QQ公仔 "限量" <A&B> 100%',
        detail:
          '{"goods_detail":[{"goods_id":"iphone6s_16G","goods_name":"iPhone6s 16G 深空灰","quantity":1,"price":528800}]}',
        attach: '门店=深圳南山;台号=8|备注:加急',
        out_trade_no: number,
        total_fee: '1000',
        trade_type: 'JSAPI',
        sign_type,
        ...more,
      });

      for (const [trade_type, more] of Object.entries(products)) {
        it(`makes an order of ${trade_type}, asks about it, and closes it`, async () => {
          const out_trade_no = longNumber(trade_type);
          const made = await client.create(order(out_trade_no, { trade_type, ...more }));
          assert.match(made.prepay_id, /^wx/);
          if (trade_type === 'NATIVE') assert.match(made.code_url, /^weixin:\/\//);
          if (trade_type === 'MWEB') assert.match(made.mweb_url, /^https:\/\//);
          assert.strictEqual((await client.query({ out_trade_no, sign_type })).trade_state, 'NOTPAY');
          assert.strictEqual((await client.close({ out_trade_no, sign_type })).result_code, 'SUCCESS');
          assert.strictEqual((await client.query({ out_trade_no, sign_type })).trade_state, 'CLOSED');
        });
      }

      it('finds a paid order by both numbers, may not close it, and is told of it', async () => {
        const out_trade_no = longNumber('paid');
        await client.create(order(out_trade_no, { openid }));
        await sandbox.command('pay', out_trade_no);
        const paid = await client.query({ out_trade_no, sign_type });
        assert.strictEqual(paid.trade_state, 'SUCCESS');
        assert.strictEqual(paid.total_fee, '1000');
        assert.strictEqual(paid.attach, order().attach);
        assert.strictEqual(
          (await client.query({ transaction_id: paid.transaction_id, sign_type })).out_trade_no,
          out_trade_no,
        );
        await assert.rejects(client.close({ out_trade_no, sign_type }), /ORDERPAID|result_code's value is FAIL/);

        await sandbox.command('notify', out_trade_no, '--to', `${merchant.url}/notify`);
        const told = merchant.requests.at(-1);
        const payment = await client.open(told);
        for (const field of ['out_trade_no', 'transaction_id', 'total_fee', 'time_end', 'openid', 'attach']) {
          assert.strictEqual(payment[field], paid[field], field);
        }
        const forged = told.body.replace(/1000/, '1');
        assert.notStrictEqual(forged, told.body);
        await assert.rejects(client.open({ ...told, body: forged }), /签名错误/);
      });

      it('makes an order for a sub-merchant, asks about it and closes it', async () => {
        const out_trade_no = longNumber('partner');
        const ids = { sub_mch_id: '1900000209', sub_appid: 'wx0123456789abcdef' };
        const made = await client.create(order(out_trade_no, { ...ids, sub_openid: openid }));
        assert.strictEqual(made.sub_mch_id, ids.sub_mch_id);
        const open = await client.query({ out_trade_no, sign_type, ...ids });
        assert.strictEqual(open.trade_state, 'NOTPAY');
        assert.strictEqual(open.sub_mch_id, ids.sub_mch_id);
        assert.strictEqual((await client.close({ out_trade_no, sign_type, ...ids })).result_code, 'SUCCESS');
      });

      it('does not believe an answer that another signed', async () => {
        const out_trade_no = longNumber('paid');
        await sandbox.command('fault', 'wrong-sign', '--match', '/pay/orderquery');
        await assert.rejects(
          client.query({ out_trade_no, sign_type }),
          /签名错误|doesn't matched the local calculated/,
        );
        assert.strictEqual((await client.query({ out_trade_no, sign_type })).trade_state, 'SUCCESS');
      });

      it('is refused where its own sign does not hold', async () => {
        const thief = sdk(sandbox.url, { ...keys, key: 'another-key-of-32-bytes-00000000' });
        await assert.rejects(
          thief.query({ out_trade_no: longNumber('paid'), sign_type }),
          /签名失败|return_code's value is FAIL/,
        );
      });
    });
  }
}

describe('wechatpay-axios-plugin without a sign_type', () => {
  it('means MD5, and is understood so', async () => {
    const sandbox = await Sandbox.start({ profile: 'sandbox' });
    const { mchId, appId, key } = sandbox.said;
    const client = axiosPluginV2(sandbox.url, { mchId, appId, key });
    const out_trade_no = 'T-20261123-0001';
    const made = await client.create({ body: 'QQ公仔', out_trade_no, total_fee: '1', openid });
    assert.match(made.sign, /^[0-9A-F]{32}$/);
    assert.strictEqual((await client.query({ out_trade_no })).trade_state, 'NOTPAY');
  });
});
