'use strict';
// SDKs of API v2 refund, pay by code and reverse at our sandbox, and open its notifications of refunds by their own code.
const assert = require('node:assert');
const { before, describe, it } = require('node:test');
const { Sandbox } = require('./support/program.js');
const { Receiver } = require('./support/receiver.js');
const { openid, refundsV2, tenpay } = require('./support/sdks.js');

const notified = '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>';

for (const [name, sdk] of Object.entries(refundsV2)) {
  for (const sign_type of ['MD5', 'HMAC-SHA256']) {
    describe(`${name} refunds with ${sign_type}`, () => {
      let sandbox;
      let client;
      let merchant;
      before(async () => {
        sandbox = await Sandbox.start({ profile: 'sandbox' });
        const { mchId, appId, key } = sandbox.said;
        client = sdk(sandbox.url, { mchId, appId, key });
        merchant = await Receiver.start(() => ({ body: notified }));
      });

      it('a part of an order, once for each number, asks about it, and is told', async () => {
        const out_trade_no = `refunded|2026*1123_-${'0'.repeat(32)}`.slice(0, 32);
        const out_refund_no = `R-2026112300001@${'0'.repeat(64)}`.slice(0, 64);
        await client.create({ body: 'QQ公仔', out_trade_no, total_fee: '1000', trade_type: 'JSAPI', openid, sign_type });
        await sandbox.command('pay', out_trade_no);
        const refunded = { out_trade_no, out_refund_no, total_fee: '1000', refund_fee: '300' };
        const wanted = { ...refunded, refund_desc: '缺货 <A&B>', sign_type };
        const made = await client.refund(wanted);
        assert.match(made.refund_id, /^503\d{26}$/);
        assert.strictEqual(made.refund_fee, '300');
        assert.strictEqual((await client.refund(wanted)).refund_id, made.refund_id);
        await assert.rejects(client.refund({ ...wanted, out_refund_no: 'R-2', refund_fee: '701' }));

        await sandbox.command('refund', out_refund_no, '--state', 'SUCCESS');
        const found = await client.queryRefund({ out_refund_no, sign_type });
        assert.strictEqual(found.refund_status_0, 'SUCCESS');
        assert.strictEqual(found.refund_fee_0, '300');
        assert.strictEqual(found.refund_id_0, made.refund_id);

        await sandbox.command('notify', '--refund', out_refund_no, '--to', `${merchant.url}/notify`);
        const told = await client.openRefund(merchant.requests.at(-1));
        assert.strictEqual(told.out_refund_no, out_refund_no);
        assert.strictEqual(told.out_trade_no, out_trade_no);
        assert.strictEqual(told.refund_id, made.refund_id);
        assert.strictEqual(told.refund_fee, '300');
        assert.strictEqual(told.refund_status, 'SUCCESS');
      });
    });
  }
}

describe('tenpay at the counter', () => {
  it('is paid by a code, and reverses what nobody confirms', async () => {
    const sandbox = await Sandbox.start({ profile: 'sandbox', options: ['--reverse-after', '0s'] });
    const { mchId, appId, key } = sandbox.said;
    const { payment } = tenpay(sandbox.url, { mchId, appId, key });
    const order = { body: '咖啡', total_fee: '1250', spbill_create_ip: '203.0.113.7' };
    const paid = await payment.micropay({ ...order, out_trade_no: 'T2026112300006', auth_code: '134567890123456700' });
    assert.match(paid.transaction_id, /^4200\d{24}$/);
    const open = { ...order, out_trade_no: 'T2026112300007', auth_code: '134567890123456702' };
    await assert.rejects(payment.micropay(open), /USERPAYING|需要用户/);
    assert.strictEqual((await payment.reverse({ out_trade_no: open.out_trade_no })).recall, 'N');
    assert.strictEqual((await payment.orderQuery({ out_trade_no: open.out_trade_no })).trade_state, 'REVOKED');
  });
});
