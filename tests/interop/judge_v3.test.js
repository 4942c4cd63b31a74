'use strict';
// SDKs of API v3 judge wxpayctl: its requests and pay parameters are checked, and the answers, certificates and
// notifications that it reads are made, by their code alone.
const assert = require('node:assert');
const { before, describe, it } = require('node:test');
const { v3Judges } = require('./support/judges.js');
const { nextOrderNumber } = require('./support/numbers.js');
const { Shop } = require('./support/program.js');
const { Receiver } = require('./support/receiver.js');
const { axiosPluginV3, nodeV3 } = require('./support/sdks.js');
const { V3Gateway } = require('./support/v3_gateway.js');
const {
  mchId,
  appId,
  subMchId,
  subAppId,
  openid,
  apiv3Key,
  publicKeyId,
  merchant,
  platforms,
  newer,
  publicKey,
  stranger,
  machines,
  description,
  attach,
  detail,
  storeInfo,
  notifyUrl,
  request,
  sdkKeys,
} = require('./support/v3_merchant.js');

for (const [name, judge] of Object.entries(v3Judges)) {
  for (const [trust, machine] of Object.entries(machines)) {
    describe(`${name} judges wxpayctl, which trusts ${trust}`, () => {
      let gateway;
      let shop;
      const settings = (at, more = {}) => ({
        api: 'v3',
        mch_id: mchId,
        app_id: appId,
        base_url: gateway.url,
        notify_url: notifyUrl,
        apiv3_key_file: at.write('v3.key', `${apiv3Key}\n`),
        ...machine(at),
        ...more,
      });
      before(async () => {
        gateway = await V3Gateway.start({
          judge,
          merchant,
          mchId,
          apiv3Key,
          platforms: trust === 'the public key' ? [] : [...platforms],
          publicKey: trust === 'certificates' ? undefined : publicKey,
        });
        shop = new Shop();
        shop.configure(settings(shop));
      });
      const create = (number, more, code = 0) =>
        shop.json(['create-order', '--request', '-'], code, JSON.stringify(request(number, more)));
      const lastBody = () => JSON.parse(gateway.requests.filter(({ method }) => method === 'POST').at(-1).body);
      const paySigns = (lines, signature) => judge.paySigns(lines, signature, merchant);

      it('JSAPI: the request and the pay parameters hold', async () => {
        const number = nextOrderNumber();
        const made = await create(number, { openId: openid });
        assert.deepStrictEqual(lastBody(), {
          appid: appId,
          mchid: mchId,
          description,
          out_trade_no: number,
          time_expire: '2036-11-23T10:00:00+08:00',
          attach,
          notify_url: notifyUrl,
          goods_tag: 'WXG',
          amount: { total: 528800, currency: 'CNY' },
          payer: { openid },
          detail,
          scene_info: { payer_client_ip: '2001:db8::8a2e:370:7334', store_info: storeInfo },
          settle_info: { profit_sharing: true },
        });
        assert.strictEqual(made.signType, 'RSA');
        assert.strictEqual(made.package, `prepay_id=${made.prepayId}`);
        assert(paySigns([appId, made.timeStamp, made.nonceStr, made.package], made.paySign));
        assert(!paySigns([appId, made.timeStamp, made.nonceStr, made.prepayId], made.paySign));
      });

      it('APP: the request and the pay parameters hold', async () => {
        const number = nextOrderNumber();
        const made = await create(number, { tradeType: 'APP' });
        assert.match(gateway.requests.at(-1).url, /\/app$/);
        assert.strictEqual('payer' in lastBody(), false);
        assert.strictEqual(made.partnerid, mchId);
        assert(paySigns([made.appid, made.timestamp, made.noncestr, made.prepayid], made.sign));
      });

      it('NATIVE and H5: the requests hold', async () => {
        const native = await create(nextOrderNumber(), { tradeType: 'NATIVE', productId: '12235413214070356458058' });
        assert.match(native.codeUrl, /^weixin:/);
        const sceneInfo = '{"h5_info":{"wap_url":"https://pay.example.com","wap_name":"王者荣耀"}}';
        const h5 = await create(nextOrderNumber(), { tradeType: 'H5', clientIp: '203.0.113.7', sceneInfo });
        assert.match(h5.mwebUrl, /^https:/);
        assert.deepStrictEqual(lastBody().scene_info, {
          payer_client_ip: '203.0.113.7',
          h5_info: { type: 'Wap', app_url: 'https://pay.example.com', app_name: '王者荣耀' },
        });
      });

      it('query by both numbers, and close', async () => {
        const [number, open] = [nextOrderNumber(), nextOrderNumber()];
        await create(number, { openId: openid });
        await create(open, { openId: openid });
        assert.strictEqual((await shop.json(['query', open])).tradeState, 'NOTPAY');
        const { transaction_id: id } = gateway.pay(number);
        assert.strictEqual((await shop.json(['query', number, '--read-only'])).transactionId, id);
        const paid = await shop.json(['query', '--transaction-id', id]);
        assert.strictEqual(paid.outTradeNo, number);
        assert.strictEqual(paid.ledgerState, 'SUCCESS');
        assert.strictEqual(paid.totalFee, 528800);
        assert.strictEqual((await shop.json(['close', open])).ledgerState, 'CLOSED');
        assert.strictEqual(gateway.orders.get(open).trade_state, 'CLOSED');
        assert(
          gateway.requests.some(({ url }) =>
            url.includes(`/out-trade-no/${open.replace('|', '%7C').replace('*', '%2A')}/close`),
          ),
        );
        assert.strictEqual(
          (await shop.json(['query', 'T20261123-none'], 1)).resultMsg,
          'NO_SUCH_PAYMENT_ORDER_IN_WECHAT',
        );
      });

      it('a batch, and reconcile after every notification was lost', async () => {
        const numbers = Array.from({ length: 24 }, nextOrderNumber);
        const batch = numbers.map((number) => `${JSON.stringify(request(number, { openId: openid }))}\n`).join('');
        const made = await shop.lines(['create-order', '--batch', '-', '--rate', '1000'], 0, batch);
        assert.deepStrictEqual(
          made.map((each) => each.outTradeNo),
          numbers,
        );
        for (const each of made) assert(paySigns([appId, each.timeStamp, each.nonceStr, each.package], each.paySign));
        for (const number of numbers) gateway.pay(number);
        const summary = await shop.json(['reconcile', '--older-than', '0s', '--rate', '1000']);
        assert(summary.updated >= numbers.length, JSON.stringify(summary));
        assert.strictEqual(summary.failed + summary.mismatched, 0);
        for (const number of numbers.slice(0, 3))
          assert.strictEqual((await shop.json(['orders', 'show', number])).state, 'SUCCESS');
      });

      it('notifications are opened and applied once, and a forged one is not', async () => {
        const numbers = Array.from({ length: 3 }, nextOrderNumber);
        for (const number of numbers) await create(number, { openId: openid });
        const [first, second, third] = numbers.map((number) => gateway.notification(gateway.pay(number)));
        const lines = shop.write('told.jsonl', `${JSON.stringify(first)}\n`);
        const dump = (message, end) =>
          `POST /notify HTTP/1.1${end}${Object.entries(message.headers)
            .map(([key, value]) => `${key}: ${value}${end}`)
            .join('')}${end}${message.body}`;
        const http = shop.write('told.http', dump(second, '\r\n'));
        const applied = await shop.lines(['replay-notify', lines, http, '--max-age', '5m', '--reply']);
        assert.deepStrictEqual(
          applied.map((each) => each.outcome),
          ['APPLIED', 'APPLIED'],
        );
        assert.strictEqual((await shop.json(['replay-notify', http])).outcome, 'ALREADY_APPLIED');
        assert.strictEqual((await shop.json(['sign', '--verify', http])).valid, true);

        const forged = [
          { ...third, body: third.body.replace('TRANSACTION.SUCCESS', 'TRANSACTION.SUCCESs') },
          gateway.notification(gateway.orders.get(numbers[2]), {
            signer: { serial: gateway.signer(publicKeyId).serial, identity: stranger },
          }),
          gateway.notification(gateway.orders.get(numbers[2]), {
            signer: { serial: stranger.serial, identity: stranger },
          }),
          gateway.notification(gateway.orders.get(numbers[2]), { key: 'another-APIv3-key-of-32-bytes-00' }),
        ];
        const refused = await shop.lines(
          ['replay-notify', '-'],
          5,
          forged.map((each) => `${JSON.stringify(each)}\n`).join(''),
        );
        assert.deepStrictEqual(
          refused.map((each) => each.outcome),
          forged.map(() => 'BAD_SIGNATURE'),
        );
        assert.strictEqual((await shop.json(['sign', '--verify', '-'], 5, dump(forged[0], '\n'))).valid, false);
        const other = gateway.notification({
          ...gateway.orders.get(numbers[2]),
          amount: { total: 1, payer_total: 1, currency: 'CNY', payer_currency: 'CNY' },
        });
        assert.strictEqual(
          (await shop.json(['replay-notify', '-'], 5, JSON.stringify(other))).outcome,
          'AMOUNT_MISMATCH',
        );
        assert.strictEqual((await shop.json(['orders', 'show', numbers[2]])).state, 'NOTPAY');
        assert.strictEqual((await shop.json(['replay-notify', '-'], 0, JSON.stringify(third))).outcome, 'APPLIED');
        assert.strictEqual((await shop.json(['ledger', 'check'])).ok, true);
      });

      it('what is passed on to a back end opens there by the code of each SDK', async () => {
        const number = nextOrderNumber();
        await create(number, { openId: openid });
        const payment = gateway.pay(number);
        const backEnd = await Receiver.start(() => ({ status: 204 }));
        const told = JSON.stringify(gateway.notification(payment));
        const result = await shop.json(['replay-notify', '-', '--to', `${backEnd.url}/notify`], 0, told);
        assert.strictEqual(result.forwarded, 204);
        for (const sdk of [axiosPluginV3, nodeV3]) {
          const opened = await sdk(gateway.url, sdkKeys).open(backEnd.requests[0]);
          assert.strictEqual(opened.out_trade_no, number);
          assert.strictEqual(opened.transaction_id, payment.transaction_id);
        }
      });

      it('the notification of a refund is known as one', async () => {
        const number = nextOrderNumber();
        await create(number, { openId: openid });
        const { transaction_id: id } = gateway.pay(number);
        await shop.json(['query', number]);
        const told = gateway.notification(
          {
            mchid: mchId,
            out_trade_no: number,
            transaction_id: id,
            out_refund_no: `R-${number}`,
            refund_id: '50300013012026112300000000001',
            refund_status: 'SUCCESS',
            success_time: '2026-11-23T11:00:00+08:00',
            user_received_account: '招商银行信用卡0403',
            amount: { total: 528800, refund: 100, payer_total: 528800, payer_refund: 100 },
          },
          { type: 'REFUND.SUCCESS', original: 'refund' },
        );
        const result = await shop.json(['replay-notify', '-'], 1, JSON.stringify(told));
        assert.strictEqual(result.kind, 'refund');
        assert.strictEqual(result.outTradeNo, number);
        assert.strictEqual(result.outRefundNo, `R-${number}`);
        assert.strictEqual(result.outcome, 'UNKNOWN_REFUND');
      });

      it('sign: pay parameters, a batch of them, and the lines of a request', async () => {
        const prepayId = 'wx201410272009395522657a690389285100';
        const given = ['--timestamp', '1795420800', '--nonce', '5K8264ILTKCH16CQ2502SI8ZNMTM67VS'];
        const jsapi = await shop.json(['sign', '--prepay-id', prepayId, ...given]);
        assert(
          paySigns([appId, '1795420800', '5K8264ILTKCH16CQ2502SI8ZNMTM67VS', `prepay_id=${prepayId}`], jsapi.paySign),
        );
        const app = await shop.json(['sign', '--prepay-id', prepayId, '--trade-type', 'APP', ...given]);
        assert(paySigns([appId, '1795420800', '5K8264ILTKCH16CQ2502SI8ZNMTM67VS', prepayId], app.sign));
        const many = await shop.lines(['sign', '--batch', '-'], 0, `${prepayId}\n`.repeat(50));
        for (const each of many) assert(paySigns([appId, each.timeStamp, each.nonceStr, each.package], each.paySign));

        const lines = {
          method: 'POST',
          url: '/v3/pay/transactions/out-trade-no/a%7Cb%2Ac-20261123/close?x=%E8%8C%B6',
          timestamp: '1795420800',
          nonce: '593BEC0C930BF1AFEB40B4A08C8FB242',
          body: '{"mchid":"1900000109","note":"茶"}',
        };
        const { authorization } = await shop.json(['sign', '--params', '-'], 0, JSON.stringify(lines));
        const signature = /signature="([^"]+)"/.exec(authorization)[1];
        assert(judge.signs(lines, authorization, signature, merchant));
        assert(!judge.signs({ ...lines, body: '' }, authorization, signature, merchant));
      });

      it('api: any call, its answer as it came', async () => {
        const number = nextOrderNumber();
        await create(number, { openId: openid });
        const path = `/v3/pay/transactions/out-trade-no/${encodeURIComponent(number)}?mchid=${mchId}`;
        const { code, out } = await shop.run(['api', 'GET', path]);
        assert.strictEqual(code, 0);
        assert.strictEqual(JSON.parse(out).out_trade_no, number);
        const closed = await shop.run(
          ['api', 'POST', `${path.split('?')[0]}/close`, '--data', '-'],
          JSON.stringify({ mchid: mchId }),
        );
        assert.strictEqual(closed.code, 0, closed.err);
        assert.strictEqual(gateway.orders.get(number).trade_state, 'CLOSED');
      });

      it('a service provider works for its sub-merchant', async () => {
        const partner = new Shop();
        const [number, open] = [nextOrderNumber(), nextOrderNumber()];
        partner.configure(settings(partner, { sub_mch_id: subMchId, sub_app_id: subAppId }));
        const made = await partner.json(
          ['create-order', '--request', '-'],
          0,
          JSON.stringify(request(number, { subOpenid: openid })),
        );
        assert(gateway.requests.some(({ url }) => url === '/v3/pay/partner/transactions/jsapi'));
        const { sp_appid, sp_mchid, sub_appid, sub_mchid, payer } = lastBody();
        assert.deepStrictEqual(
          { sp_appid, sp_mchid, sub_appid, sub_mchid, payer },
          { sp_appid: appId, sp_mchid: mchId, sub_appid: subAppId, sub_mchid: subMchId, payer: { sub_openid: openid } },
        );
        assert(paySigns([made.appId, made.timeStamp, made.nonceStr, made.package], made.paySign));
        const { transaction_id: id } = gateway.pay(number);
        const told = gateway.notification(gateway.orders.get(number));
        assert.strictEqual(
          (await partner.json(['query', '--transaction-id', id, '--read-only'])).tradeState,
          'SUCCESS',
        );
        assert.strictEqual((await partner.json(['replay-notify', '-'], 0, JSON.stringify(told))).outcome, 'APPLIED');
        assert.strictEqual((await partner.json(['query', number])).reason, 'ALREADY_PAID');
        await partner.json(
          ['create-order', '--request', '-'],
          0,
          JSON.stringify(request(open, { tradeType: 'NATIVE', productId: '1' })),
        );
        assert.strictEqual((await partner.json(['close', open])).ledgerState, 'CLOSED');
      });

      it('doctor finds the keys and the gateway in order', async () => {
        const found = await shop.lines(['doctor']);
        assert.strictEqual(found.find((each) => each.check === 'gateway')?.status, 'OK', JSON.stringify(found));
        assert(!found.some((each) => each.status === 'FAIL'), JSON.stringify(found));
        // The clock is read from any answer, so that question is not signed.
        assert.deepStrictEqual(gateway.faults.splice(0), ['Http头Authorization值格式错误']);
      });

      it('an answer that another signed proves nothing', async () => {
        const number = nextOrderNumber();
        await create(number, { openId: openid });
        gateway.pay(number);
        gateway.spoiled = {
          serial: gateway.signer(trust === 'certificates' ? undefined : publicKeyId).serial,
          identity: stranger,
        };
        const error = await shop.error(['query', number], 5);
        assert.strictEqual(error.code, 'UNTRUSTED');
        assert.strictEqual((await shop.json(['orders', 'show', number])).state, 'NOTPAY');
        assert.strictEqual((await shop.json(['query', number])).ledgerState, 'SUCCESS');
      });

      it('an emoji is refused before anything is sent', async () => {
        const sent = gateway.requests.length;
        for (const more of [
          { body: '奶茶🧋' },
          { attach: '🧋' },
          { detail: '{"goods_detail":[{"goods_name":"\\ud83e\\uddcb"}]}' },
        ]) {
          const { code } = await shop.run(
            ['create-order', '--request', '-', '--json'],
            JSON.stringify(request(nextOrderNumber(), { openId: openid, ...more })),
          );
          assert.strictEqual(code, 2);
        }
        assert.strictEqual(gateway.requests.length, sent);
      });

      it('the judge found nothing wrong with any request, and does with one that another signed', async () => {
        assert.deepStrictEqual(gateway.faults, []);
        assert.deepStrictEqual(gateway.receiver.errors, []);
        const thief = new Shop();
        const otherKey = { serial_no: merchant.serial, private_key_file: thief.write('stolen.pem', stranger.pkcs8) };
        thief.configure(settings(thief, { cert_file: '', cert_p12_file: '', ...otherKey }));
        await thief.error(['query', 'T20261123-none', '--read-only'], 3);
        assert.match(gateway.faults[0], /错误的签名/);
        gateway.faults = [];
      });

      if (trust === 'certificates') {
        it('certificates are fetched once, again when another signs, and are not believed when a stranger sealed or signed them', async () => {
          const fetched = () => gateway.certificateFetches;
          const number = nextOrderNumber();
          await create(number, { openId: openid });
          const at = fetched();
          await shop.json(['query', number, '--read-only']);
          assert.strictEqual(fetched(), at); // they are on disk
          gateway.platforms.push(newer);
          await shop.json(['query', number, '--read-only']);
          assert.strictEqual(fetched(), at + 1);
          await shop.json(['query', number, '--read-only']);
          assert.strictEqual(fetched(), at + 1);

          const fresh = new Shop();
          fresh.configure(settings(fresh));
          gateway.sealingKey = 'another-APIv3-key-of-32-bytes-00';
          const shut = await fresh.run(['query', number, '--read-only']);
          assert.match(shut.err, /APIv3 key/);
          assert.notStrictEqual(shut.code, 0);
          gateway.sealingKey = undefined;
          const real = gateway.platforms;
          gateway.platforms = [...real.slice(0, -1), { ...newer, pkcs8: stranger.pkcs8 }];
          assert.strictEqual((await fresh.run(['query', number, '--read-only'])).code, 5);
          gateway.platforms = real;
          assert.strictEqual((await fresh.json(['query', number, '--read-only'])).tradeState, 'NOTPAY');
        });
      }
    });
  }
}
