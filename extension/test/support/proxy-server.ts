import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A real HTTP proxy that opens tunnels, as companies have them. */
export interface ProxyServer {
  readonly port: number;
  /** The places that tunnels were asked for. */
  readonly tunnels: readonly string[];
}

/** Starts a proxy that ends with the test; with a log-in it lets nobody else through. */
export async function startProxy(login?: string): Promise<ProxyServer> {
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();
  const wanted = login && `Basic ${Buffer.from(login).toString('base64')}`;
  const server = createServer((_, response) => {
    response.writeHead(501);
    response.end();
  });
  server.on('connect', (request, socket: Socket) => {
    sockets.add(socket);
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n');
      return;
    }
    const place = request.url ?? '';
    tunnels.push(place);
    const [host, port] = place.split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    for (const side of [socket, upstream]) {
      side.on('error', () => undefined);
      side.on('close', () => {
        socket.destroy();
        upstream.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return { port: (server.address() as AddressInfo).port, tunnels };
}
