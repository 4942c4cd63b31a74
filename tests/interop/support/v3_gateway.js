'use strict';
const { randomBytes, X509Certificate } = require('node:crypto');
const { nextTransactionId, refundIdOf } = require('./numbers.js');
const { Receiver } = require('./receiver.js');

const pairs = /^WECHATPAY2-SHA256-RSA2048 ((?:[a-z_]+="[^"]*",?)+)$/;
const paths =
  /^\/v3\/pay\/(partner\/)?transactions\/(?:(jsapi|native|app|h5)|(out-trade-no|id)\/([^/?]+)(\/close)?)(?:\?(.*))?$/;
const refundPaths = /^\/v3\/refund\/domestic\/refunds(?:\/([^/?]+))?$/;
const longestAge = 60;

const now = () => Math.floor(Date.now() / 1000);
const nonce = (size) => randomBytes(size).toString('base64url').slice(0, size);

/** WeChat Pay's side of API v3, with every signature checked and made, and everything sealed, by a judge. */
class V3Gateway {
  /** platforms: identities, the newest last; publicKey: {id, identity}, or none. */
  static async start({ judge, merchant, mchId, apiv3Key, platforms = [], publicKey }) {
    const gateway = Object.assign(new V3Gateway(), { judge, merchant, mchId, apiv3Key, platforms, publicKey });
    gateway.orders = new Map();
    gateway.refunds = new Map();
    gateway.faults = []; // what the judge found wrong with requests
    gateway.certificateFetches = 0;
    gateway.receiver = await Receiver.start((call) => gateway.answer(call));
    gateway.url = gateway.receiver.url;
    return gateway;
  }

  get requests() {
    return this.receiver.requests;
  }

  /** Pays an order. */
  pay(number, more = {}) {
    const order = this.orders.get(number);
    Object.assign(order, {
      transaction_id: nextTransactionId(),
      trade_type: order.trade_type,
      trade_state: 'SUCCESS',
      trade_state_desc: '支付成功',
      bank_type: 'CMB_CREDIT',
      success_time: '2026-11-23T10:00:00+08:00',
      amount: { total: order.amount.total, payer_total: order.amount.total, currency: 'CNY', payer_currency: 'CNY' },
      promotion_detail: [],
      ...more,
    });
    return order;
  }

  /** What a message signed by this key carries. */
  signature(body, { serial, identity }) {
    const timestamp = String(now());
    const word = nonce(32);
    return {
      'Wechatpay-Serial': serial,
      'Wechatpay-Signature': this.judge.sign(timestamp, word, body, identity),
      'Wechatpay-Timestamp': timestamp,
      'Wechatpay-Nonce': word,
      'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
    };
  }

  /** The key that signs an answer to a request that asks for this serial. */
  signer(wanted) {
    if (this.publicKey && (wanted === this.publicKey.id || this.platforms.length === 0)) {
      return { serial: this.publicKey.id, identity: this.publicKey.identity };
    }
    const identity = this.platforms.at(-1);
    return { serial: identity.serial, identity };
  }

  /** A notification of what stands in `resource`: {headers, body}. */
  notification(
    resource,
    {
      type = 'TRANSACTION.SUCCESS',
      original = 'transaction',
      key = this.apiv3Key,
      signer = this.signer(this.publicKey?.id),
    } = {},
  ) {
    const word = nonce(12);
    const body = this.judge.write({
      id: `EV-${randomBytes(16).toString('hex')}`.slice(0, 36),
      create_time: '2026-11-23T10:00:01+08:00',
      resource_type: 'encrypt-resource',
      event_type: type,
      summary: '支付成功',
      resource: {
        original_type: original,
        algorithm: 'AEAD_AES_256_GCM',
        ciphertext: this.judge.seal(this.judge.write(resource), key, word, original),
        associated_data: original,
        nonce: word,
      },
    });
    return { headers: { 'Content-Type': 'application/json', ...this.signature(body, signer) }, body };
  }

  fault(words) {
    this.faults.push(words);
    return {
      status: 401,
      body: JSON.stringify({ code: 'SIGN_ERROR', message: words }),
      headers: { 'Content-Type': 'application/json' },
    };
  }

  answer({ method, url, headers, body }) {
    const given = pairs.exec(headers.authorization ?? '');
    if (!given) return this.fault('Http头Authorization值格式错误');
    const said = Object.fromEntries(given[1].split('",').map((pair) => pair.replace(/"$/, '').split(/="(.*)/s)));
    if (said.mchid !== this.mchId) return this.fault('商户号与签名证书不匹配');
    if (said.serial_no !== this.merchant.serial) return this.fault('商户证书序列号有误');
    if (Math.abs(now() - Number(said.timestamp)) > longestAge) return this.fault('时间戳');
    if (!headers.accept || !headers['user-agent']) return this.fault('Http头缺少Accept或User-Agent');
    // Answers and notifications follow the share of calls that ask for the public key.
    if (this.publicKey && headers['wechatpay-serial'] !== this.publicKey.id) return this.fault('Wechatpay-Serial');
    if (body && !/^application\/json/.test(headers['content-type'] ?? '')) return this.fault('Content-Type');
    const request = { method, url, timestamp: said.timestamp, nonce: said.nonce_str, body };
    if (!this.judge.signs(request, headers.authorization, said.signature, this.merchant))
      return this.fault('错误的签名，验签失败');

    const { status, object } = this.carryOut(method, url, body);
    const text = object === undefined ? '' : this.judge.write(object);
    const wanted = headers['wechatpay-serial'];
    const signed = this.signature(text, this.spoiled ?? this.signer(wanted));
    this.spoiled = undefined;
    return {
      status,
      body: text,
      headers: { 'Content-Type': 'application/json; charset=utf-8', 'Request-ID': '08F78B-0', ...signed },
    };
  }

  carryOut(method, url, body) {
    if (method === 'GET' && url === '/v3/certificates') return { status: 200, object: this.certificates() };
    const refundPath = refundPaths.exec(url);
    if (refundPath) return this.refund(refundPath[1], body);
    const path = paths.exec(url);
    if (!path) return { status: 404, object: { code: 'RESOURCE_NOT_EXISTS', message: '无此资源' } };
    const [, partner, product, by, escaped, closing, query] = path;
    if (product) return this.create(product, JSON.parse(body));
    const named = decodeURIComponent(escaped);
    const order =
      by === 'id' ? [...this.orders.values()].find((each) => each.transaction_id === named) : this.orders.get(named);
    const who = closing ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(query));
    if (who[partner ? 'sp_mchid' : 'mchid'] !== this.mchId)
      return { status: 400, object: { code: 'MCH_NOT_EXISTS', message: '商户号不存在' } };
    if (!order || order.sub_mchid !== who.sub_mchid)
      return { status: 404, object: { code: 'ORDER_NOT_EXIST', message: '订单不存在' } };
    if (!closing) return { status: 200, object: order };
    if (order.trade_state === 'SUCCESS') return { status: 400, object: { code: 'ORDERPAID', message: '该订单已支付' } };
    Object.assign(order, { trade_state: 'CLOSED', trade_state_desc: '订单已关闭' });
    return { status: 204 };
  }

  /** Makes a refund, or tells of the one that is named. */
  refund(escaped, body) {
    if (escaped) {
      const object = this.refunds.get(decodeURIComponent(escaped));
      if (object) return { status: 200, object };
      return { status: 404, object: { code: 'RESOURCE_NOT_EXISTS', message: '退款单不存在' } };
    }
    const { out_trade_no, out_refund_no, amount } = JSON.parse(body);
    const order = this.orders.get(out_trade_no);
    if (order?.trade_state !== 'SUCCESS' || order.amount.total !== amount.total)
      return { status: 400, object: { code: 'INVALID_REQUEST', message: '订单状态错误' } };
    if (this.poor) return { status: 403, object: { code: 'NOT_ENOUGH', message: '余额不足' } };
    const object = {
      refund_id: refundIdOf(out_refund_no),
      out_refund_no,
      transaction_id: order.transaction_id,
      out_trade_no,
      channel: 'ORIGINAL',
      user_received_account: '招商银行信用卡0403',
      create_time: '2026-11-23T10:30:00+08:00',
      status: 'PROCESSING',
      funds_account: 'UNSETTLED',
      amount: { ...amount, payer_total: amount.total, payer_refund: amount.refund, discount_refund: 0 },
    };
    this.refunds.set(out_refund_no, object);
    return { status: 200, object };
  }

  /** The notification of a refund, in its own words for the state. */
  refundNotification(number, { key, status, ...changes } = {}) {
    const { out_trade_no, out_refund_no, refund_id, transaction_id, user_received_account, ...refund } =
      this.refunds.get(number);
    const { total, payer_total, payer_refund } = refund.amount;
    const state = status ?? refund.status;
    const told = this.notification(
      {
        mchid: this.mchId,
        out_trade_no,
        transaction_id,
        out_refund_no,
        refund_id,
        refund_status: state,
        success_time: '2026-11-23T11:00:00+08:00',
        user_received_account,
        amount: { total, refund: refund.amount.refund, payer_total, payer_refund },
        ...changes,
      },
      { type: `REFUND.${state}`, original: 'refund', key },
    );
    return JSON.stringify(told);
  }

  create(product, body) {
    const { appid, mchid, sp_appid, sp_mchid, sub_appid, sub_mchid, out_trade_no, attach, payer, amount } = body;
    const order = { appid, mchid, sp_appid, sp_mchid, sub_appid, sub_mchid, out_trade_no, attach, amount };
    order.payer = payer ?? { [sp_mchid ? 'sp_openid' : 'openid']: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' };
    order.trade_type = product === 'h5' ? 'MWEB' : product.toUpperCase();
    Object.assign(order, { trade_state: 'NOTPAY', trade_state_desc: '订单未支付' });
    this.orders.set(out_trade_no, order);
    if (product === 'native') return { status: 200, object: { code_url: 'weixin://wxpay/bizpayurl?pr=p4lpSuKzz' } };
    if (product === 'h5') {
      return {
        status: 200,
        object: {
          h5_url:
            'https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2916263004719461949c84457c735b0000&package=2150917749',
        },
      };
    }
    return { status: 200, object: { prepay_id: `wx${String(now())}${randomBytes(12).toString('hex')}` } };
  }

  certificates() {
    this.certificateFetches += 1;
    return {
      data: this.platforms.map(({ serial, certificate }) => {
        const word = nonce(12);
        const { validFrom, validTo } = new X509Certificate(certificate);
        return {
          serial_no: serial,
          effective_time: new Date(validFrom).toISOString().replace('.000', ''),
          expire_time: new Date(validTo).toISOString().replace('.000', ''),
          encrypt_certificate: {
            algorithm: 'AEAD_AES_256_GCM',
            nonce: word,
            associated_data: 'certificate',
            ciphertext: this.judge.seal(certificate, this.sealingKey ?? this.apiv3Key, word, 'certificate'),
          },
        };
      }),
    };
  }
}

module.exports = { V3Gateway };
