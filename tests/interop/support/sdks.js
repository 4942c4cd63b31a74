'use strict';
// The SDKs as clients of one gateway on loopback. Each has WeChat Pay's host built in; what leads it elsewhere is what it
// offers for that, and nothing in it is changed.
const { createRequire } = require('node:module');
const AxiosPlugin = require('wechatpay-axios-plugin');
const NodeV3 = require('wechatpay-node-v3');
const Tenpay = require('tenpay');

const superagent = createRequire(require.resolve('wechatpay-node-v3'))('superagent');

const realHost = 'https://api.mch.weixin.qq.com';

/** Payers and shops have long ids, and WeChat Pay's numbers are long. */
const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';

/**
 * What a caller of API v3 holds: {mchId, appId, serialNo or certificate, privateKey, apiv3Key, trusted: {serial: key or
 * certificate}}.
 */
function axiosPluginV3(url, keys) {
  const wxpay = new AxiosPlugin({
    baseURL: `${url}/`,
    mchid: keys.mchId,
    serial: keys.serialNo,
    privateKey: keys.privateKey,
    certs: keys.trusted,
  });
  const { transactions } = wxpay.v3.pay;
  const mchid = keys.mchId;
  const said = async (promise) => {
    try {
      const { status, data } = await promise;
      return { status, data };
    } catch (error) {
      // Its own word that an answer is not to be trusted is one of these codes; any other error is the gateway's refusal.
      if (!error.response || String(error.code).startsWith('EV3_')) throw error;
      return { status: error.response.status, data: error.response.data };
    }
  };
  return {
    name: 'wechatpay-axios-plugin',
    wxpay,
    create: (product, order) => said(transactions[product].post({ appid: keys.appId, mchid, ...order })),
    query: (number) =>
      said(transactions.outTradeNo._number_.get({ params: { mchid }, number: encodeURIComponent(number) })),
    queryTransaction: (id) => said(transactions.id._id_.get({ params: { mchid }, id })),
    close: (number) =>
      said(transactions.outTradeNo._number_.close.post({ mchid }, { number: encodeURIComponent(number) })),
    refund: (fields) => said(wxpay.v3.refund.domestic.refunds.post(fields)),
    queryRefund: (number) =>
      said(wxpay.v3.refund.domestic.refunds._number_.get({ number: encodeURIComponent(number) })),
    /** The resource of a notification, whose signature must hold. */
    async open({ headers, body }) {
      const { Formatter, Rsa, Aes } = AxiosPlugin;
      const text = Formatter.response(headers['wechatpay-timestamp'], headers['wechatpay-nonce'], body);
      const key = keys.trusted[headers['wechatpay-serial']];
      if (!key) throw new Error('unknown serial');
      if (!Rsa.verify(text, headers['wechatpay-signature'], Rsa.from(key, Rsa.KEY_TYPE_PUBLIC)))
        throw new Error('wrong signature');
      const { ciphertext, nonce, associated_data: data } = JSON.parse(body).resource;
      return JSON.parse(Aes.AesGcm.decrypt(ciphertext, keys.apiv3Key, nonce, data));
    },
  };
}

/** Sends what wechatpay-node-v3 signed, over the HTTP library it uses itself, and has it verify the answer. */
class VerifiedHttp {
  constructor(url, pay) {
    this.url = url;
    this.pay = pay;
  }

  async answer(request, headers) {
    const { status, text = '', headers: told, body } = await request.set(headers).ok(() => true);
    if (told['wechatpay-signature'] && !request.url.endsWith('/v3/certificates')) {
      const holds = await this.pay.verifySign({
        timestamp: told['wechatpay-timestamp'],
        nonce: told['wechatpay-nonce'],
        serial: told['wechatpay-serial'],
        signature: told['wechatpay-signature'],
        body: text,
      });
      if (!holds) throw new Error('wrong signature');
    } else if (status < 300 && !request.url.endsWith('/v3/certificates')) {
      throw new Error('no signature');
    }
    return { status, data: body };
  }

  get(url, headers) {
    return this.answer(superagent.get(url.replace(realHost, this.url)), headers);
  }

  post(url, params, headers) {
    return this.answer(superagent.post(url.replace(realHost, this.url)).send(params), headers);
  }
}

function nodeV3(url, keys) {
  NodeV3.certificates = { ...keys.trusted };
  const pay = new NodeV3({
    appid: keys.appId,
    mchid: keys.mchId,
    // Without a serial it reads one from here, and writes it in lower case.
    serial_no: keys.serialNo,
    publicKey: Buffer.from(keys.certificate ?? 'not read'),
    privateKey: Buffer.from(keys.privateKey),
    key: keys.apiv3Key,
  });
  pay.createHttp(new VerifiedHttp(url, pay));
  return {
    name: 'wechatpay-node-v3',
    pay,
    create: (product, order) => pay[`transactions_${product}`](order),
    query: (number) => pay.query({ out_trade_no: encodeURIComponent(number) }),
    queryTransaction: (id) => pay.query({ transaction_id: id }),
    close: (number) => pay.close(encodeURIComponent(number)),
    refund: (fields) => pay.refunds(fields),
    queryRefund: (number) => pay.find_refunds(encodeURIComponent(number)),
    async open({ headers, body }) {
      const holds = await pay.verifySign({
        timestamp: headers['wechatpay-timestamp'],
        nonce: headers['wechatpay-nonce'],
        serial: headers['wechatpay-serial'],
        signature: headers['wechatpay-signature'],
        body,
      });
      if (!holds) throw new Error('wrong signature');
      const { ciphertext, nonce, associated_data: data } = JSON.parse(body).resource;
      return pay.decipher_gcm(ciphertext, data, nonce);
    },
  };
}

/** API v2: {mchId, appId, key}. Only the addresses of its calls are other ones. */
function tenpay(url, keys) {
  const payment = new Tenpay({
    appid: keys.appId,
    mchid: keys.mchId,
    partnerKey: keys.key,
    notify_url: 'https://pay.example.com/notify/order',
  });
  for (const [call, address] of Object.entries(payment.urls)) payment.urls[call] = address.replace(realHost, url);
  const middleware = payment.middlewareForExpress('pay');
  return {
    name: 'tenpay',
    payment,
    create: (order) => payment.unifiedOrder({ ...order }),
    query: (by) => payment.orderQuery({ ...by }),
    close: (by) => payment.closeOrder({ ...by }),
    /** The fields of a notification, whose sign must hold. */
    async open({ body }) {
      const request = { body };
      let replied;
      const response = {
        header() {},
        send(text) {
          replied = text;
        },
      };
      await new Promise((resolve) => {
        middleware(request, response, resolve).then(resolve);
      });
      if (replied) throw new Error(replied);
      return { ...request.weixin };
    },
  };
}

function axiosPluginV2(url, keys) {
  const { xmlBased } = AxiosPlugin.Decorator;
  const v2 = xmlBased.call(AxiosPlugin.Decorator, { baseURL: `${url}/`, mchid: keys.mchId, secret: keys.key });
  const call = async (path, fields) => (await v2.post(path, { appid: keys.appId, mch_id: keys.mchId, ...fields })).data;
  return {
    name: 'wechatpay-axios-plugin',
    call,
    create: (order) =>
      call('pay/unifiedorder', {
        trade_type: 'JSAPI',
        notify_url: 'https://pay.example.com/notify/order',
        spbill_create_ip: '127.0.0.1',
        ...order,
      }),
    query: (by) => call('pay/orderquery', by),
    close: (by) => call('pay/closeorder', by),
    async open({ body }) {
      const { Hash, Transformer } = AxiosPlugin;
      const fields = Transformer.toObject(body);
      const type = fields.sign.length === 64 ? Hash.ALGO_HMAC_SHA256 : Hash.ALGO_MD5;
      if (!Hash.equals(Hash.sign(type, fields, keys.key), fields.sign)) throw new Error('wrong sign 签名错误');
      return fields;
    },
  };
}

/** The same clients with refunds; openRefund gives what a notification of a refund seals. */
const refundsV2 = {
  tenpay(url, keys) {
    const client = tenpay(url, keys);
    const middleware = client.payment.middlewareForExpress('refund');
    return {
      ...client,
      refund: (fields) => client.payment.refund({ ...fields }),
      queryRefund: (by) => client.payment.refundQuery({ ...by }),
      async openRefund({ body }) {
        const request = { body };
        const response = { header() {}, send() {} };
        await new Promise((resolve, reject) => {
          response.send = (text) => reject(new Error(text));
          middleware(request, response, resolve).catch(reject);
        });
        return { ...request.weixin.req_info };
      },
    };
  },
  'wechatpay-axios-plugin'(url, keys) {
    const client = axiosPluginV2(url, keys);
    const { Aes, Hash, Transformer } = AxiosPlugin;
    return {
      ...client,
      refund: (fields) => client.call('secapi/pay/refund', fields),
      queryRefund: (by) => client.call('pay/refundquery', by),
      async openRefund({ body }) {
        const { req_info: sealed } = Transformer.toObject(body);
        return Transformer.toObject(Aes.AesEcb.decrypt(sealed, Hash.md5(keys.key).toLowerCase()));
      },
    };
  },
};

module.exports = { AxiosPlugin, NodeV3, Tenpay, axiosPluginV2, axiosPluginV3, nodeV3, openid, refundsV2, tenpay };
