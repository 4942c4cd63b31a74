'use strict';
// Loaded before anything else (scripts/interop): whoever in this process connects to another machine is refused, before
// a name is looked up.
const dgram = require('node:dgram');
const net = require('node:net');

const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

function refuse(host) {
  throw new Error(`the interop tests speak to loopback alone, not to ${host}`);
}

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function connectToLoopback(...args) {
  // What net.connect() hands on is an array of normalized arguments.
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  const options = typeof first === 'object' && first !== null ? first : { port: first, host: second };
  const host = options.path ? 'localhost' : options.host || options.hostname || 'localhost';
  if (typeof host !== 'string' || !loopback.has(host)) refuse(host);
  return connect.apply(this, args);
};

dgram.Socket.prototype.send = () => refuse('any by UDP');

globalThis.loopbackOnly = true;
