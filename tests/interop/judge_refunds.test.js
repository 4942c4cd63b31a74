'use strict';
// SDKs judge wxpayctl where it gives money back or takes it at the counter: its requests are checked, and the answers and
// sealed notifications that it reads are made, by their code.
const assert = require('node:assert');
const { before, describe, it } = require('node:test');
const { v2Judges, v3Judges } = require('./support/judges.js');
const { makeIdentity } = require('./support/keys.js');
const { nextOrderNumber, nextRefundNumber, refundIdOf } = require('./support/numbers.js');
const { Shop } = require('./support/program.js');
const { V2Gateway } = require('./support/v2_gateway.js');
const { V3Gateway } = require('./support/v3_gateway.js');
const { mchId, appId, openid, apiv3Key, merchant, publicKey, machines, notifyUrl } = require('./support/v3_merchant.js');

const key = 'Syn7hetic+Key/of=API-v2&32-bytes';
// API v2 shows it to WeChat Pay, whose word it names the merchant.
const certificate = makeIdentity(merchant.serial, mchId, mchId);
const totalFee = 528800;
const reason = '缺货 "限量" <A&B> 100%';

/** What any API refunds. `asked` gives what the last request for a refund said. */
function refunds(at, { asked, statusOf, strangersKey }) {
  const create = (number) =>
    at.shop.json(
      ['create-order', '--request', '-'],
      0,
      JSON.stringify({ outTradeNo: number, totalFee, body: '深圳腾讯大厦-QQ公仔', openId: openid }),
    );
  const paid = async () => {
    const number = nextOrderNumber();
    await create(number);
    at.gateway.pay(number);
    return number;
  };
  const refund = (order, number, ...more) => ['refund', order, '--out-refund-no', number, '--refund-fee', '300', ...more];

  it('refund: the request holds, once for each number, and is asked about', async () => {
    const [order, number] = [await paid(), nextRefundNumber()];
    const made = await at.shop.json(refund(order, number, '--reason', reason, '--notify-url', notifyUrl));
    assert.strictEqual(made.refundState, 'PROCESSING');
    assert.strictEqual(made.refundId, refundIdOf(number));
    assert.deepStrictEqual(asked(), { order, number, refund: 300, total: totalFee, reason, notifyUrl });
    const sent = at.gateway.requests.length;
    assert.strictEqual((await at.shop.json(refund(order, number))).refundId, made.refundId);
    assert.strictEqual(at.gateway.requests.length, sent);

    assert.strictEqual((await at.shop.json(['query-refund', number])).refundState, 'PROCESSING');
    at.gateway.refunds.get(number)[statusOf.field] = 'SUCCESS';
    assert.strictEqual((await at.shop.json(['query-refund', number])).refundState, 'SUCCESS');
    assert.strictEqual((await at.shop.json(['orders', 'show', order])).state, 'REFUND');
  });

  it('refund: refused, and the number is free for the same refund', async () => {
    const [order, number] = [await paid(), nextRefundNumber()];
    at.gateway.poor = true;
    assert.strictEqual((await at.shop.json(refund(order, number), 1)).refundState, 'FAILED');
    at.gateway.poor = false;
    assert.strictEqual((await at.shop.json(refund(order, number))).refundState, 'PROCESSING');
  });

  it('what is closed or went wrong is told by its name', async () => {
    for (const [said, state, code] of [
      [statusOf.closed, 'REFUNDCLOSE', 0],
      [statusOf.abnormal, 'ABNORMAL', 6],
    ]) {
      const [order, number] = [await paid(), nextRefundNumber()];
      await at.shop.json(refund(order, number));
      at.gateway.refunds.get(number)[statusOf.field] = said;
      assert.strictEqual((await at.shop.json(['query-refund', number], code)).refundState, state);
    }
  });

  it('notifications of refunds are opened and applied once, and forged ones are not', async () => {
    const [order, number] = [await paid(), nextRefundNumber()];
    await at.shop.json(refund(order, number));
    at.gateway.refunds.get(number)[statusOf.field] = 'SUCCESS';
    const told = at.gateway.refundNotification(number);
    const forged = [
      [at.gateway.refundNotification(number, { key: strangersKey }), 'BAD_SIGNATURE'],
      [at.gateway.refundNotification(number, statusOf.otherAmount), 'AMOUNT_MISMATCH'],
      [at.gateway.refundNotification(number, { out_trade_no: 'T2026112300009' }), 'REFUND_MISMATCH'],
    ];
    for (const [document, outcome] of forged)
      assert.strictEqual((await at.shop.json(['replay-notify', '-'], 5, document)).outcome, outcome);
    const applied = await at.shop.json(['replay-notify', '-'], 0, told);
    assert.strictEqual(applied.kind, 'refund');
    assert.strictEqual(applied.outRefundNo, number);
    assert.strictEqual(applied.outcome, 'APPLIED');
    assert.strictEqual((await at.shop.json(['replay-notify', '-'], 0, told)).outcome, 'ALREADY_APPLIED');
    assert.strictEqual((await at.shop.json(['orders', 'show', order])).refunds[0].refundState, 'SUCCESS');
    assert.strictEqual((await at.shop.json(['ledger', 'check'])).ok, true);
  });
}

function foundNothingWrong(at) {
  it('the judge found nothing wrong with any request', () => {
    assert.deepStrictEqual(at.gateway.faults, []);
    assert.deepStrictEqual(at.gateway.receiver.errors, []);
  });
}

for (const [name, judge] of Object.entries(v2Judges)) {
  for (const type of ['MD5', 'HMAC-SHA256']) {
    describe(`${name} judges refunds of API v2 with ${type}`, () => {
      const at = {};
      before(async () => {
        at.gateway = await V2Gateway.start({ judge, key, merchant: { appid: appId, mch_id: mchId } });
        at.shop = new Shop();
        at.shop.configure({
          mch_id: mchId,
          app_id: appId,
          base_url: at.gateway.url,
          notify_url: notifyUrl,
          sign_type: type,
          key_file: at.shop.write('shop.key', `${key}\n`),
          cert_p12_file: at.shop.write('apiclient_cert.p12', certificate.bundle),
        });
      });
      refunds(at, {
        asked() {
          const { nonce_str, sign, sign_type, appid, mch_id, ...fields } = at.gateway.asked.at(-1);
          assert.strictEqual(sign_type ?? 'MD5', type);
          const { out_trade_no, out_refund_no, refund_fee, total_fee, refund_desc, notify_url, ...rest } = fields;
          assert.deepStrictEqual(rest, {});
          return {
            order: out_trade_no,
            number: out_refund_no,
            refund: Number(refund_fee),
            total: Number(total_fee),
            reason: refund_desc,
            notifyUrl: notify_url,
          };
        },
        statusOf: {
          field: 'refund_status',
          closed: 'REFUNDCLOSE',
          abnormal: 'CHANGE',
          otherAmount: { refund_fee: '301', settlement_refund_fee: '301' },
        },
        strangersKey: 'another-key-of-32-bytes-00000000',
      });

      it('micropay: the request holds, paid at once or when it is asked about', async () => {
        for (const code of ['134567890123456700', '134567890123456701']) {
          const number = nextOrderNumber();
          const order = ['--out-trade-no', number, '--total-fee', '1250', '--body', '咖啡', '--for', '1s'];
          const paid = await at.shop.json(['micropay', ...order, '--auth-code-file', '-'], 0, `${code}\n`);
          assert.strictEqual(paid.tradeState, 'SUCCESS');
          assert.strictEqual(paid.ledgerState, 'SUCCESS');
          const { out_trade_no, auth_code, total_fee } = at.gateway.asked.findLast((each) => each.auth_code);
          assert.deepStrictEqual({ out_trade_no, auth_code, total_fee }, {
            out_trade_no: number,
            auth_code: code,
            total_fee: '1250',
          });
        }
      });

      it('reverse: the request holds', async () => {
        // Another till made it, so there is no payment here whose age would have to be waited for.
        const number = nextOrderNumber();
        at.gateway.create({ out_trade_no: number, total_fee: '1250', trade_type: 'MICROPAY' });
        assert.strictEqual((await at.shop.json(['reverse', number])).resultCode, 'SUCCESS');
        assert.strictEqual(at.gateway.orders.get(number).trade_state, 'REVOKED');
        assert.strictEqual(at.gateway.asked.at(-1).out_trade_no, number);
      });
      foundNothingWrong(at);
    });
  }
}

for (const [name, judge] of Object.entries(v3Judges)) {
  describe(`${name} judges refunds of API v3`, () => {
    const at = {};
    before(async () => {
      at.gateway = await V3Gateway.start({ judge, merchant, mchId, apiv3Key, publicKey });
      at.shop = new Shop();
      at.shop.configure({
        api: 'v3',
        mch_id: mchId,
        app_id: appId,
        base_url: at.gateway.url,
        notify_url: notifyUrl,
        apiv3_key_file: at.shop.write('v3.key', `${apiv3Key}\n`),
        ...machines['the public key'](at.shop),
      });
    });
    refunds(at, {
      asked() {
        const request = at.gateway.requests.findLast(({ method }) => method === 'POST');
        const { out_trade_no, out_refund_no, reason: said, notify_url, amount, ...rest } = JSON.parse(request.body);
        assert.deepStrictEqual(rest, {});
        assert.strictEqual(amount.currency, 'CNY');
        const { refund, total } = amount;
        return { order: out_trade_no, number: out_refund_no, refund, total, reason: said, notifyUrl: notify_url };
      },
      statusOf: {
        field: 'status',
        closed: 'CLOSED',
        abnormal: 'ABNORMAL',
        otherAmount: { amount: { total: totalFee, refund: 301, payer_total: totalFee, payer_refund: 301 } },
      },
      strangersKey: 'another-APIv3-key-of-32-bytes-00',
    });
    foundNothingWrong(at);
  });
}
