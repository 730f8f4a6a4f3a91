/** HTTP by hand, for what no client would send. */
import { connect } from "node:net";

/** Writes bytes to a port and returns all that comes back until the other side, or its answer, ends. */
export function exchange(port: number, request: string | Buffer, deadlineMs = 10_000): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  const socket = connect(port, "127.0.0.1", () => socket.write(request));
  const end = () => {
    clearTimeout(timer);
    socket.destroy();
    resolve(text);
  };
  const timer = setTimeout(end, deadlineMs);
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (isWhole(text)) end();
  });
  socket.on("error", end).on("end", end);
  return promise;
}

function isWhole(text: string): boolean {
  const head = text.indexOf("\r\n\r\n");
  const length = /^content-length: *(\d+)/im.exec(text.slice(0, Math.max(0, head)));
  return head >= 0 && length !== null && Buffer.byteLength(text.slice(head + 4)) >= Number(length[1]);
}

/** Status and body of what {@link exchange} returned. */
export function answerOf(text: string): { status: number; headers: string; body: string } {
  const head = text.indexOf("\r\n\r\n");
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
    headers: text.slice(0, Math.max(0, head)),
    body: head < 0 ? "" : text.slice(head + 4),
  };
}
