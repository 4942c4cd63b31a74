'use strict';
// wxpayctl as a merchant's machine runs it: a home of its own, and an environment that points nowhere else.
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');

assert(globalThis.loopbackOnly, 'run these tests with scripts/interop, which keeps them on loopback');
assert(process.env.WXPAYCTL_PROGRAM, 'WXPAYCTL_PROGRAM names the program under test');

const longestRun = 60_000;

/** What is left when this process ends, however its tests do. */
const endings = [];
process.on('exit', () => {
  for (const end of endings.reverse()) end();
});

class Shop {
  constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wxpayctl-interop-'));
    endings.push(() => fs.rmSync(this.folder, { recursive: true, force: true }));
    this.environment = {
      PATH: process.env.PATH,
      LANG: 'C.UTF-8',
      HOME: this.folder,
      XDG_CONFIG_HOME: path.join(this.folder, 'config'),
      XDG_STATE_HOME: path.join(this.folder, 'state'),
    };
  }

  path(name) {
    return path.join(this.folder, name);
  }

  write(name, text) {
    const file = this.path(name);
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    fs.writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  read(name) {
    return fs.readFileSync(this.path(name), 'utf8');
  }

  /** Writes the configuration, with one profile. */
  configure(settings, name = 'shop') {
    const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
    this.write('config/wxpayctl/config.toml', `default_profile = "${name}"\n[profiles.${name}]\n${lines.join('')}`);
  }

  start(args, stdio) {
    return spawn(process.env.WXPAYCTL_PROGRAM, args, { cwd: this.folder, env: this.environment, stdio });
  }

  /** Runs it to its end: its exit code, and what it wrote. */
  async run(args, input = '') {
    const child = this.start(args, 'pipe');
    const clock = setTimeout(() => child.kill('SIGKILL'), longestRun);
    const written = { out: [], err: [] };
    child.stdout.on('data', (chunk) => written.out.push(chunk));
    child.stderr.on('data', (chunk) => written.err.push(chunk));
    child.stdin.on('error', () => {}); // it need not read its input
    child.stdin.end(input);
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    clearTimeout(clock);
    return { code, out: Buffer.concat(written.out).toString(), err: Buffer.concat(written.err).toString() };
  }

  /** The results that it prints, a line each. It must end with this code. */
  async lines(args, code = 0, input = '') {
    const result = await this.run([...args, '--json'], input);
    assert.strictEqual(result.code, code, `wxpayctl ${args.join(' ')}: ${result.out}${result.err}`);
    return result.out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  /** The only result. */
  async json(args, code = 0, input = '') {
    const results = await this.lines(args, code, input);
    assert.strictEqual(results.length, 1, `wxpayctl ${args.join(' ')} printed ${results.length} results`);
    return results[0];
  }

  /** What it says of its error, with this code. */
  async error(args, code, input = '') {
    const result = await this.run([...args, '--json'], input);
    assert.strictEqual(result.code, code, `wxpayctl ${args.join(' ')}: ${result.out}${result.err}`);
    const line = result.err.split('\n').find((each) => each.startsWith('{"error"'));
    assert(line, `wxpayctl ${args.join(' ')} named no error: ${result.err}`);
    return JSON.parse(line).error;
  }
}

/** `wxpayctl sandbox serve` on a free port, with the keys that it writes for any client of the built-in merchant. */
class Sandbox {
  /** settings: given the shop, those of a merchant of its own; options: more of `sandbox serve`. */
  static async start({ trust, profile = 'sandbox-v3', settings, options = [] } = {}) {
    const sandbox = new Sandbox();
    sandbox.shop = new Shop();
    if (settings) sandbox.shop.configure(settings(sandbox.shop));
    const args = [
      'sandbox',
      'serve',
      '--port',
      '0',
      '--json',
      ...(trust ? ['--trust', trust] : []),
      ...(settings ? ['-p', 'shop'] : []),
      ...options,
    ];
    sandbox.child = sandbox.shop.start(args, ['ignore', 'pipe', 'ignore']);
    endings.push(() => sandbox.child.kill('SIGKILL'));
    const lines = readline.createInterface({ input: sandbox.child.stdout });
    const first = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
    assert(first.length === 1, 'the sandbox does not start');
    sandbox.said = JSON.parse(first[0]);
    // It does not keep this process from ending.
    sandbox.child.unref();
    sandbox.child.stdout.unref();
    sandbox.url = sandbox.said.listening;
    sandbox.shop.environment.WXPAYCTL_BASE_URL = sandbox.url;
    if (settings) return sandbox;
    sandbox.shop.environment.WXPAYCTL_PROFILE = profile;
    sandbox.keys = await sandbox.shop.json(['sandbox', 'keys', 'keys']);
    return sandbox;
  }

  keyFile(name) {
    return fs.readFileSync(this.keys[name], 'utf8');
  }

  get apiv3Key() {
    return this.keyFile('apiv3KeyFile').trimEnd();
  }

  async command(...args) {
    return this.shop.json(['sandbox', ...args]);
  }
}

module.exports = { Shop, Sandbox };
