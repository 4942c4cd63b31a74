'use strict';
const { randomBytes } = require('node:crypto');
const { nextTransactionId, refundIdOf } = require('./numbers.js');
const { Receiver } = require('./receiver.js');

/** WeChat Pay's side of API v2, with every document read, checked, signed and written by a judge. */
class V2Gateway {
  static async start({ judge, merchant, key }) {
    const gateway = Object.assign(new V2Gateway(), { judge, merchant, key });
    gateway.orders = new Map();
    gateway.refunds = new Map();
    gateway.faults = []; // what the judge found wrong with requests
    gateway.asked = []; // the fields of each request
    gateway.receiver = await Receiver.start((call) => gateway.answer(call));
    gateway.url = gateway.receiver.url;
    return gateway;
  }

  get requests() {
    return this.receiver.requests;
  }

  pay(number) {
    const order = this.orders.get(number);
    Object.assign(order, {
      openid: order.openid ?? 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
      is_subscribe: 'Y',
      bank_type: 'CMB_CREDIT',
      fee_type: 'CNY',
      cash_fee: order.total_fee,
      transaction_id: nextTransactionId(),
      time_end: '20261123100000',
      trade_state: 'SUCCESS',
      trade_state_desc: '支付成功',
    });
    return order;
  }

  signed(fields, type, key = this.key) {
    const all = { ...fields, nonce_str: randomBytes(16).toString('hex') };
    return this.judge.write({ ...all, sign: this.judge.sign(all, type, key) });
  }

  /** The notification of a payment, as WeChat Pay posts it. */
  notification(number, type, { key, ...changes } = {}) {
    const { trade_state, trade_state_desc, ...payment } = this.orders.get(number);
    const fields = { return_code: 'SUCCESS', result_code: 'SUCCESS', ...this.merchant, ...payment, ...changes };
    if (type !== 'MD5') fields.sign_type = type;
    return this.signed(fields, type, key);
  }

  /** The notification of a refund, which is sealed and carries no signature. */
  refundNotification(number, { key = this.key, ...changes } = {}) {
    const { order, ...refund } = this.refunds.get(number);
    const { out_trade_no, transaction_id, total_fee } = order;
    const hidden = {
      out_trade_no,
      transaction_id,
      ...refund,
      total_fee,
      settlement_refund_fee: refund.refund_fee,
      settlement_total_fee: total_fee,
      success_time: '2026-11-23 11:00:00',
      refund_recv_accout: '招商银行信用卡0403',
      refund_account: 'REFUND_SOURCE_RECHARGE_FUNDS',
      refund_request_source: 'API',
      ...changes,
    };
    const nonce_str = randomBytes(16).toString('hex');
    const req_info = this.judge.seal(hidden, key);
    return this.judge.write({ return_code: 'SUCCESS', ...this.merchant, nonce_str, req_info });
  }

  async answer({ method, url, body }) {
    const fields = await this.judge.read(body);
    this.asked.push(fields);
    const type = fields.sign_type ?? 'MD5';
    const fault = (words) => {
      this.faults.push(words);
      return { body: this.judge.write({ return_code: 'FAIL', return_msg: words }) };
    };
    if (method !== 'POST') return fault('请使用post方法');
    if (this.judge.sign(fields, type, this.key) !== fields.sign) return fault('签名错误');
    if (fields.appid !== this.merchant.appid || fields.mch_id !== this.merchant.mch_id)
      return fault('appid和mch_id不匹配');
    const result = this.carryOut(url, fields);
    const { sub_mch_id, sub_appid } = fields;
    const ids = Object.fromEntries(
      Object.entries({ ...this.merchant, sub_mch_id, sub_appid }).filter(([, value]) => value),
    );
    const told = this.signed({ return_code: 'SUCCESS', return_msg: 'OK', ...ids, ...result }, type, this.spoiled);
    this.spoiled = undefined;
    return { body: told, headers: { 'Content-Type': 'text/plain' } };
  }

  carryOut(url, fields) {
    const refused = (err_code, err_code_des) => ({ result_code: 'FAIL', err_code, err_code_des });
    if (url === '/pay/unifiedorder') return this.create(fields);
    if (url === '/pay/micropay') return this.payByCode(fields, refused);
    if (url === '/pay/refundquery') return this.findRefund(fields, refused);
    const order = fields.transaction_id
      ? [...this.orders.values()].find((each) => each.transaction_id === fields.transaction_id)
      : this.orders.get(fields.out_trade_no);
    if (!order) return refused('ORDERNOTEXIST', '此交易订单号不存在');
    if (url === '/pay/orderquery') return { result_code: 'SUCCESS', ...order };
    if (url === '/secapi/pay/refund') return this.refund(order, fields, refused);
    if (url === '/secapi/pay/reverse') {
      Object.assign(order, { trade_state: 'REVOKED', trade_state_desc: '已撤销' });
      return { result_code: 'SUCCESS', recall: 'N' };
    }
    if (url !== '/pay/closeorder') return refused('NOAUTH', '无此接口');
    if (order.trade_state === 'SUCCESS') return refused('ORDERPAID', '该订单已支付');
    Object.assign(order, { trade_state: 'CLOSED', trade_state_desc: '订单已关闭' });
    return { result_code: 'SUCCESS' };
  }

  refund(order, { out_refund_no, refund_fee, total_fee }, refused) {
    if (order.trade_state !== 'SUCCESS' || order.total_fee !== total_fee) return refused('TRADE_STATE_ERROR', '订单状态错误');
    if (this.poor) return refused('NOTENOUGH', '余额不足');
    const refund = { out_refund_no, refund_id: refundIdOf(out_refund_no), refund_fee, refund_status: 'PROCESSING' };
    this.refunds.set(out_refund_no, { order, ...refund });
    const { out_trade_no, transaction_id, cash_fee } = order;
    const { refund_status, ...made } = refund;
    return { result_code: 'SUCCESS', out_trade_no, transaction_id, total_fee, cash_fee, ...made };
  }

  findRefund({ out_refund_no }, refused) {
    const known = this.refunds.get(out_refund_no);
    if (!known) return refused('REFUNDNOTEXIST', '退款记录不存在');
    const { order, ...refund } = known;
    const { out_trade_no, transaction_id, total_fee, cash_fee } = order;
    const record = Object.fromEntries(Object.entries(refund).map(([name, value]) => [`${name}_0`, value]));
    return { result_code: 'SUCCESS', out_trade_no, transaction_id, total_fee, cash_fee, refund_count: '1', ...record };
  }

  /** A code that ends with 0 pays at once, any other when it is asked about. */
  payByCode({ auth_code, ...fields }, refused) {
    this.create({ ...fields, trade_type: 'MICROPAY' });
    const paid = this.pay(fields.out_trade_no);
    if (!auth_code.endsWith('0')) return refused('USERPAYING', '需要用户输入支付密码');
    const { trade_state, trade_state_desc, ...payment } = paid;
    return { result_code: 'SUCCESS', ...payment };
  }

  create({ out_trade_no, total_fee, trade_type, attach, openid }) {
    const order = { out_trade_no, total_fee, trade_type, trade_state: 'NOTPAY', trade_state_desc: '订单未支付' };
    if (attach) order.attach = attach;
    if (openid) order.openid = openid;
    this.orders.set(out_trade_no, order);
    const made = {
      result_code: 'SUCCESS',
      trade_type,
      prepay_id: `wx20141027200939${randomBytes(11).toString('hex').slice(0, 20)}`,
    };
    if (trade_type === 'NATIVE') made.code_url = 'weixin://wxpay/bizpayurl?pr=p4lpSuKzz';
    if (trade_type === 'MWEB')
      made.mweb_url =
        'https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx20161110163838f231619da20804912345&package=1037687096';
    return made;
  }
}

module.exports = { V2Gateway };
