/**
 * Loaded before the tool (`node --import`), in each of its threads: whatever would reach for a network fails, and is written
 * to the file SMMUSCOPE_NETWORK_LOG, so that it shows even where the failure is swallowed.
 */
import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import tls from 'node:tls';

function forbid(holder, name, what) {
  holder[name] = () => {
    appendFileSync(process.env.SMMUSCOPE_NETWORK_LOG, `${what}\n`);
    throw new Error(`${what}: there is no network here`);
  };
}

// Pipes and terminals are sockets of net, too; only these reach for another end.
forbid(net.Socket.prototype, 'connect', 'net connect');
forbid(net.Server.prototype, 'listen', 'net listen');
forbid(dgram.Socket.prototype, 'bind', 'dgram bind');
forbid(dgram.Socket.prototype, 'send', 'dgram send');
forbid(dgram.Socket.prototype, 'connect', 'dgram connect');
for (const name of ['request', 'get']) {
  forbid(http, name, `http ${name}`);
  forbid(https, name, `https ${name}`);
}
forbid(http2, 'connect', 'http2 connect');
forbid(tls, 'connect', 'tls connect');
for (const resolver of [dns, dns.promises]) {
  for (const name of Object.keys(resolver)) {
    if (/^(lookup|resolve|reverse)/.test(name)) forbid(resolver, name, `dns ${name}`);
  }
}
for (const name of ['fetch', 'WebSocket', 'EventSource']) if (name in globalThis) forbid(globalThis, name, name);
syncBuiltinESMExports();
