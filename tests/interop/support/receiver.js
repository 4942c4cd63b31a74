'use strict';
const { once } = require('node:events');
const http = require('node:http');

/** An HTTP server on a free port of loopback. `answer` is given each request with its body and returns {status, headers, body}. */
class Receiver {
  static async start(answer) {
    const receiver = new Receiver();
    receiver.requests = [];
    receiver.errors = [];
    receiver.server = http.createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const { method, url, headers } = request;
      const call = { method, url, headers, body: Buffer.concat(chunks).toString() };
      receiver.requests.push(call);
      let reply;
      try {
        reply = await answer(call);
      } catch (error) {
        receiver.errors.push(error);
        reply = { status: 500, body: String(error) };
      }
      response.writeHead(reply.status ?? 200, { ...reply.headers });
      response.end(reply.body ?? '');
    });
    receiver.server.listen(0, '127.0.0.1');
    await once(receiver.server, 'listening');
    // It does not keep this process from ending.
    receiver.server.unref();
    receiver.server.on('connection', (socket) => socket.unref());
    receiver.url = `http://127.0.0.1:${receiver.server.address().port}`;
    return receiver;
  }
}

module.exports = { Receiver };
