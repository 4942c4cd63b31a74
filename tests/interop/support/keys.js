'use strict';
// Keys and certificates of a merchant and of WeChat Pay, made for one run.
const { execFileSync } = require('node:child_process');
const { generateKeyPairSync } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

function inFolder(work) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wxpayctl-interop-'));
  try {
    return work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** An RSA key with a certificate of this serial number, each as text. */
function makeIdentity(serial, name, password) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = (key, type) => key.export({ type, format: 'pem' });
  return inFolder((folder) => {
    const keyFile = path.join(folder, 'key.pem');
    const certificateFile = path.join(folder, 'cert.pem');
    fs.writeFileSync(keyFile, pem(privateKey, 'pkcs8'));
    const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    openssl(
      'req',
      '-x509',
      '-key',
      keyFile,
      '-set_serial',
      `0x${serial}`,
      '-days',
      '365',
      '-sha256',
      '-subj',
      `/C=CN/O=Tenpay.com/OU=${name}/CN=${name}`,
      '-out',
      certificateFile,
    );
    const bundle = openssl(
      'pkcs12',
      '-export',
      '-inkey',
      keyFile,
      '-in',
      certificateFile,
      '-passout',
      `pass:${password ?? ''}`,
    );
    return {
      serial,
      certificate: fs.readFileSync(certificateFile, 'utf8'),
      bundle,
      pkcs8: pem(privateKey, 'pkcs8'),
      pkcs1: pem(privateKey, 'pkcs1'),
      publicKey: pem(publicKey, 'spki'),
    };
  });
}

module.exports = { makeIdentity };
