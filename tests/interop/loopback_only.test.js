'use strict';
// The other tests run SDKs that have WeChat Pay's hosts built in. Nothing of what they run may leave this machine.
const assert = require('node:assert');
const dgram = require('node:dgram');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const { it } = require('node:test');
const { execFileSync } = require('node:child_process');
const { AxiosPlugin, NodeV3, Tenpay } = require('./support/sdks.js');

const refused = /loopback alone/;
const { generateKeyPairSync } = require('node:crypto');

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

it('no socket of this process reaches another machine', async () => {
  assert.throws(() => net.connect(80, '192.0.2.1'), refused);
  assert.throws(() => net.connect({ port: 80, host: '192.0.2.1' }), refused);
  assert.throws(() => new net.Socket().connect(80, '192.0.2.1'), refused);
  assert.throws(() => http.get('http://192.0.2.1/'), refused);
  assert.throws(() => https.get('https://api.mch.weixin.qq.com/'), refused);
  assert.throws(() => dgram.createSocket('udp4').send('a', 53, '192.0.2.1'), refused);
  await assert.rejects(fetch('http://192.0.2.1/'), (error) => refused.test(error.cause?.message));
});

it('nor does one of a process that it starts', () => {
  const script = "try { require('net').connect(80, '192.0.2.1') } catch (error) { console.log(error.message) }";
  assert.match(execFileSync(process.execPath, ['-e', script]).toString(), refused);
});

it('the SDKs, left with the hosts that are built in, are refused', async () => {
  const tenpay = new Tenpay({ appid: 'wx8888888888888888', mchid: '1900000109', partnerKey: 'k'.repeat(32) });
  await assert.rejects(tenpay.orderQuery({ out_trade_no: '20261123000001' }), refused);
  const wxpay = new AxiosPlugin({
    mchid: '1900000109',
    serial: 'AB',
    privateKey,
    certs: { CD: publicKey },
    secret: 'k'.repeat(32),
  });
  await assert.rejects(wxpay.v3.certificates.get(), refused);
  await assert.rejects(wxpay.v2.pay.orderquery.post({ mch_id: '1900000109' }), refused);
  const pay = new NodeV3({
    appid: 'wx8888888888888888',
    mchid: '1900000109',
    serial_no: 'AB',
    publicKey: 'none',
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  });
  // It keeps the reason to itself.
  await assert.rejects(pay.get_certificates('k'.repeat(32)), /拉取平台证书失败/);
});
