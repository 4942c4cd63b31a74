'use strict';
// The SDKs as judges: what each can check and make with its own code.
const assert = require('node:assert');
const { AxiosPlugin, NodeV3, Tenpay } = require('./sdks.js');
const tenpayUtil = require('tenpay/lib/util');

const { Aes, Formatter, Hash, Rsa, Transformer } = AxiosPlugin;

/** wechatpay-node-v3 has no code that encrypts, so this seals for every judge of API v3. */
const seal = (text, key, nonce, data) => Aes.AesGcm.encrypt(text, key, nonce, data);

/** merchant and signer: identities of keys.js; a request is {method, url, timestamp, nonce, body}. */
const v3Judges = {
  'wechatpay-axios-plugin': {
    signs({ method, url, timestamp, nonce, body }, header, signature, merchant) {
      const text = Formatter.request(method, url, timestamp, nonce, body);
      return Rsa.verify(text, signature, Rsa.from(merchant.certificate, Rsa.KEY_TYPE_PUBLIC));
    },
    sign: (timestamp, nonce, body, signer) =>
      Rsa.sign(Formatter.response(timestamp, nonce, body), Rsa.from(signer.pkcs8)),
    paySigns: (lines, signature, merchant) =>
      Rsa.verify(Formatter.joinedByLineFeed(...lines), signature, Rsa.from(merchant.certificate, Rsa.KEY_TYPE_PUBLIC)),
    seal,
    write: (object) => JSON.stringify(object),
  },
  'wechatpay-node-v3': {
    /** RSA signs the same alike, so what it would have sent itself is held against the whole header. */
    signs({ method, url, timestamp, nonce, body }, header, signature, merchant) {
      const pay = payOf(merchant);
      return header === pay.getAuthorization(nonce, timestamp, pay.getSignature(method, nonce, timestamp, url, body));
    },
    sign: (timestamp, nonce, body, signer) => payOf(signer).sha256WithRsa(`${timestamp}\n${nonce}\n${body}\n`),
    paySigns: (lines, signature, merchant) => signature === payOf(merchant).sign([...lines, ''].join('\n')),
    seal,
    // Another layout of the same JSON: what is signed are the bytes.
    write: (object) =>
      `${JSON.stringify(object, null, 2).replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`,
  },
};

/** The serial is left to the SDK to read from the certificate; it writes it in lower case. */
function payOf(identity) {
  const pay = new NodeV3({
    appid: 'wx8888888888888888',
    mchid: '1900000109',
    publicKey: Buffer.from(identity.certificate),
    privateKey: Buffer.from(identity.pkcs8),
  });
  assert.strictEqual(pay.serial_no.toUpperCase(), identity.serial);
  pay.serial_no = identity.serial;
  return pay;
}

/** tenpay has no code that encrypts, so this seals what a notification of a refund hides for every judge of API v2. */
const sealRoot = (xml, key) => Aes.AesEcb.encrypt(xml, Hash.md5(key).toLowerCase());

const v2Judges = {
  'wechatpay-axios-plugin': {
    read: async (xml) => ({ ...Transformer.toObject(xml) }),
    sign: (fields, type, key) => Hash.sign(type, fields, key),
    write: (fields) => Transformer.toXml(fields),
    // It names the root of every document xml.
    seal: (fields, key) => sealRoot(Transformer.toXml(fields).replace(/^<xml>(.*)<\/xml>$/s, '<root>$1</root>'), key),
    // It lets a text that holds this end its own CDATA section.
    cannotWrite: ']]>',
  },
  tenpay: {
    read: async (xml) => ({ ...(await tenpayUtil.parseXML(xml)) }),
    sign: (fields, type, key) =>
      new Tenpay({ appid: fields.appid ?? 'none', mchid: 'none', partnerKey: key })._getSign(fields, type),
    write: (fields) => tenpayUtil.buildXML(fields),
    seal: (fields, key) => sealRoot(tenpayUtil.buildXML(fields, 'root'), key),
  },
};

module.exports = { v2Judges, v3Judges };
