'use strict';
// SDKs of API v2 judge wxpayctl: its requests and pay parameters are checked, and the answers and notifications that it
// reads are made, by their code alone.
const assert = require('node:assert');
const { before, describe, it } = require('node:test');
const { v2Judges } = require('./support/judges.js');
const { nextOrderNumber } = require('./support/numbers.js');
const { Shop } = require('./support/program.js');
const { Receiver } = require('./support/receiver.js');
const { Tenpay, axiosPluginV2, tenpay } = require('./support/sdks.js');
const { V2Gateway } = require('./support/v2_gateway.js');

const mchId = '1900000109';
const appId = 'wx8888888888888888';
const subMchId = '1900000209';
const subAppId = 'wx0123456789abcdef';
const key = 'Syn7hetic+Key/of=API-v2&32-bytes';
const strangersKey = 'another-key-of-32-bytes-00000000';
const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
const notifyUrl = 'https://pay.example.com/notify/order';

const body = '深圳腾讯大厦-QQ公仔 "限量" <A&B> \\ 100%';
const anyAttach = '门店=深圳南山;台号=8|备注:]]> & <加急>';
const detail =
  '{"goods_detail":[{"goods_id":"iphone6s_16G","wxpay_goods_id":"1001","goods_name":"iPhone6s 16G \\"深空灰\\"","quantity":1,"price":528800}]}';

const anyRequest = (outTradeNo, more = {}) => ({
  outTradeNo,
  totalFee: 528800,
  body,
  detail,
  goodsTag: 'WXG',
  deviceInfo: '013467007045764',
  clientIp: '203.0.113.7',
  timeExpire: '2036-11-23T10:00:00+08:00',
  ...more,
});

for (const [name, judge] of Object.entries(v2Judges)) {
  for (const type of ['MD5', 'HMAC-SHA256']) {
    describe(`${name} judges wxpayctl with ${type}`, () => {
      let gateway;
      let shop;
      const settings = (at, more = {}) => ({
        mch_id: mchId,
        app_id: appId,
        base_url: gateway.url,
        notify_url: notifyUrl,
        sign_type: type,
        key_file: at.write('shop.key', `${key}\n`),
        ...more,
      });
      before(async () => {
        gateway = await V2Gateway.start({ judge, key, merchant: { appid: appId, mch_id: mchId } });
        shop = new Shop();
        shop.configure(settings(shop));
      });
      const attach = anyAttach.replace(judge.cannotWrite ?? '', '');
      const request = (number, more) => anyRequest(number, { attach, ...more });
      const create = (number, more) =>
        shop.json(['create-order', '--request', '-'], 0, JSON.stringify(request(number, more)));
      const asked = () => gateway.asked.at(-1);
      /** Whether the pay parameters that wxpayctl printed hold. */
      function paySigns({ appId: app, timeStamp, nonceStr, package: what, signType, paySign }) {
        assert.strictEqual(signType, type);
        return judge.sign({ appId: app, timeStamp, nonceStr, package: what, signType }, type, key) === paySign;
      }
      function appSigns({ appid, partnerid, prepayid, package: what, noncestr, timestamp, sign }) {
        return judge.sign({ appid, partnerid, prepayid, package: what, noncestr, timestamp }, type, key) === sign;
      }

      it('JSAPI: the request and the pay parameters hold', async () => {
        const number = nextOrderNumber();
        const made = await create(number, { openId: openid });
        const { nonce_str, sign, time_start, sign_type, ...fields } = asked();
        assert.deepStrictEqual(fields, {
          appid: appId,
          mch_id: mchId,
          device_info: '013467007045764',
          body,
          detail,
          attach,
          out_trade_no: number,
          total_fee: '528800',
          spbill_create_ip: '203.0.113.7',
          time_expire: '20361123100000',
          goods_tag: 'WXG',
          notify_url: notifyUrl,
          trade_type: 'JSAPI',
          openid,
          ...('fee_type' in fields ? { fee_type: 'CNY' } : {}),
        });
        assert.strictEqual(sign_type ?? 'MD5', type);
        assert(paySigns(made));
        assert(!paySigns({ ...made, package: made.prepayId }));
      });

      it('APP, NATIVE and H5: the requests and the pay parameters hold', async () => {
        const app = await create(nextOrderNumber(), { tradeType: 'APP' });
        assert(appSigns(app));
        assert(!appSigns({ ...app, prepayid: `${app.prepayid}0` }));
        const native = await create(nextOrderNumber(), { tradeType: 'NATIVE', productId: '12235413214070356458058' });
        assert.match(native.codeUrl, /^weixin:/);
        assert.strictEqual(asked().product_id, '12235413214070356458058');
        const sceneInfo = '{"h5_info":{"type":"Wap","wap_url":"https://pay.example.com","wap_name":"腾讯充值"}}';
        const h5 = await create(nextOrderNumber(), { tradeType: 'H5', sceneInfo });
        assert.match(h5.mwebUrl, /^https:/);
        assert.strictEqual(asked().trade_type, 'MWEB');
        assert.strictEqual(asked().scene_info, sceneInfo);
      });

      it('query by both numbers, and close', async () => {
        const [number, open] = [nextOrderNumber(), nextOrderNumber()];
        await create(number, { openId: openid });
        await create(open, { openId: openid });
        assert.strictEqual((await shop.json(['query', open])).tradeState, 'NOTPAY');
        const { transaction_id: id } = gateway.pay(number);
        const paid = await shop.json(['query', '--transaction-id', id]);
        assert.strictEqual(paid.outTradeNo, number);
        assert.strictEqual(paid.ledgerState, 'SUCCESS');
        assert.strictEqual(paid.totalFee, 528800);
        assert.strictEqual((await shop.json(['query', number])).reason, 'ALREADY_PAID');
        assert.strictEqual((await shop.json(['close', open])).ledgerState, 'CLOSED');
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
        for (const each of made) assert(paySigns(each));
        for (const number of numbers) gateway.pay(number);
        const summary = await shop.json(['reconcile', '--older-than', '0s', '--rate', '1000']);
        assert(summary.updated >= numbers.length, JSON.stringify(summary));
        assert.strictEqual(summary.failed + summary.mismatched, 0);
        for (const number of numbers.slice(0, 3))
          assert.strictEqual((await shop.json(['orders', 'show', number])).state, 'SUCCESS');
      });

      it('notifications are verified and applied once, and a forged one is not', async () => {
        const [first, second] = [nextOrderNumber(), nextOrderNumber()];
        for (const number of [first, second]) {
          await create(number, { openId: openid });
          gateway.pay(number);
        }
        const xml = shop.write('paid.xml', gateway.notification(first, type));
        assert.strictEqual((await shop.json(['sign', '--verify', xml])).valid, true);
        assert.strictEqual((await shop.json(['replay-notify', xml, '--reply'])).outcome, 'APPLIED');
        assert.strictEqual((await shop.json(['replay-notify', xml])).outcome, 'ALREADY_APPLIED');

        const forged = [
          [gateway.notification(second, type).replace('528800', '1'), 'BAD_SIGNATURE'],
          [gateway.notification(second, type, { key: strangersKey }), 'BAD_SIGNATURE'],
          [gateway.notification(second, type, { total_fee: '1', cash_fee: '1' }), 'AMOUNT_MISMATCH'],
          [gateway.notification(second, type, { mch_id: '1900000110' }), 'WRONG_MERCHANT'],
        ];
        for (const [document, outcome] of forged) {
          assert.strictEqual((await shop.json(['replay-notify', '-'], 5, document)).outcome, outcome);
        }
        assert.strictEqual((await shop.json(['sign', '--verify', '-'], 5, forged[0][0])).valid, false);
        assert.strictEqual((await shop.json(['orders', 'show', second])).state, 'NOTPAY');
        assert.strictEqual(
          (await shop.json(['replay-notify', '-'], 0, gateway.notification(second, type))).outcome,
          'APPLIED',
        );
        assert.strictEqual((await shop.json(['ledger', 'check'])).ok, true);
      });

      it('what is passed on to a back end holds there by the code of each SDK', async () => {
        const number = nextOrderNumber();
        await create(number, { openId: openid });
        gateway.pay(number);
        const backEnd = await Receiver.start(() => ({
          body: '<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>',
        }));
        const told = gateway.notification(number, type);
        const result = await shop.json(['replay-notify', '-', '--to', `${backEnd.url}/notify`], 0, told);
        assert.strictEqual(result.forwarded, 200);
        assert.strictEqual(backEnd.requests[0].body, told);
        for (const sdk of [axiosPluginV2, tenpay]) {
          const opened = await sdk(gateway.url, { mchId, appId, key }).open(backEnd.requests[0]);
          assert.strictEqual(opened.out_trade_no, number);
        }
      });

      it('sign: pay parameters, a batch of them, and any set', async () => {
        const prepayId = 'wx201410272009395522657a690389285100';
        assert(paySigns(await shop.json(['sign', '--prepay-id', prepayId])));
        assert(appSigns(await shop.json(['sign', '--prepay-id', prepayId, '--trade-type', 'APP'])));
        for (const each of await shop.lines(['sign', '--batch', '-'], 0, `${prepayId}\n`.repeat(50)))
          assert(paySigns(each));
        const fields = {
          appid: appId,
          mch_id: mchId,
          body,
          attach,
          empty: '',
          out_trade_no: nextOrderNumber(),
          total_fee: '1',
          openid,
          sign_type: type,
        };
        const signed = await shop.json(['sign', '--params', '-'], 0, JSON.stringify(fields));
        assert.strictEqual(signed.sign, judge.sign(fields, type, key));
        const again = await shop.json(['sign', '--params', '-'], 0, judge.write({ ...fields, sign: signed.sign }));
        assert.strictEqual(again.sign, signed.sign);
      });

      it('api --xml: any call', async () => {
        const number = nextOrderNumber();
        await create(number, { openId: openid });
        const fields = JSON.stringify({
          appid: appId,
          mch_id: mchId,
          out_trade_no: number,
          nonce_str: '5K8264ILTKCH16CQ2502SI8ZNMTM67VS',
          sign_type: type,
        });
        const told = await shop.json(['api', 'POST', '/pay/orderquery', '--xml', '--data', '-'], 0, fields);
        assert.strictEqual(told.trade_state, 'NOTPAY');
        assert.strictEqual(told.out_trade_no, number);
      });

      it('a service provider works for its sub-merchant', async () => {
        const partner = new Shop();
        partner.configure(settings(partner, { sub_mch_id: subMchId, sub_app_id: subAppId }));
        const number = nextOrderNumber();
        await partner.json(
          ['create-order', '--request', '-'],
          0,
          JSON.stringify(request(number, { subOpenid: openid })),
        );
        assert.strictEqual(asked().sub_mch_id, subMchId);
        assert.strictEqual(asked().sub_appid, subAppId);
        assert.strictEqual(asked().sub_openid, openid);
        gateway.pay(number);
        assert.strictEqual((await partner.json(['query', number])).ledgerState, 'SUCCESS');
        const open = nextOrderNumber();
        await partner.json(
          ['create-order', '--request', '-'],
          0,
          JSON.stringify(request(open, { tradeType: 'NATIVE', productId: '1' })),
        );
        assert.strictEqual((await partner.json(['close', open])).ledgerState, 'CLOSED');

        // Whose app and whose account the pay parameters name, tenpay says, too.
        const payment = new Tenpay({ appid: appId, mchid: mchId, partnerKey: key });
        const prepay = { prepay_id: 'wx201410272009395522657a690389285100', sub_appid: subAppId, sub_mch_id: subMchId };
        const sign = (trade) => partner.json(['sign', '--prepay-id', prepay.prepay_id, '--trade-type', trade]);
        const jsapi = await sign('JSAPI');
        assert(paySigns(jsapi));
        const theirs = payment.getPayParamsByPrepay(prepay, type);
        for (const each of ['appId', 'package', 'signType']) assert.strictEqual(jsapi[each], theirs[each], each);
        const app = await sign('APP');
        assert(appSigns(app));
        const theirApp = payment.getAppParamsByPrepay(prepay, type);
        for (const each of ['appid', 'partnerid', 'prepayid', 'package'])
          assert.strictEqual(app[each], theirApp[each], each);
      });

      it('doctor finds the key and the gateway in order', async () => {
        const found = await shop.lines(['doctor']);
        for (const check of ['key', 'gateway']) {
          assert.strictEqual(found.find((each) => each.check === check)?.status, 'OK', JSON.stringify(found));
        }
        // The clock is read from any answer, so that question carries no sign that holds.
        assert.deepStrictEqual(gateway.faults.splice(0), ['签名错误']);
      });

      it('an answer that another signed proves nothing', async () => {
        const number = nextOrderNumber();
        await create(number, { openId: openid });
        gateway.pay(number);
        gateway.spoiled = strangersKey;
        assert.strictEqual((await shop.error(['query', number], 5)).code, 'UNTRUSTED');
        assert.strictEqual((await shop.json(['orders', 'show', number])).state, 'NOTPAY');
        assert.strictEqual((await shop.json(['query', number])).ledgerState, 'SUCCESS');
      });

      it('the judge found nothing wrong with any request, and does with one that another signed', async () => {
        assert.deepStrictEqual(gateway.faults, []);
        assert.deepStrictEqual(gateway.receiver.errors, []);
        const thief = new Shop();
        thief.configure({ ...settings(thief), key_file: thief.write('stolen.key', strangersKey) });
        assert.strictEqual((await thief.run(['query', nextOrderNumber(), '--read-only'])).code, 3);
        assert.deepStrictEqual(gateway.faults, ['签名错误']);
      });
    });
  }
}
