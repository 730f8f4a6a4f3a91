import { ServiceBroker } from "moleculer";
import { largePackets } from "../../services/lib/large-packets.ts";
import { natsUrl } from "../servers/env.ts";
const mw = (n: string) => { const m: any = largePackets(); return { name: "x", transporterSend(next: any) { const f = m.transporterSend((t: any, d: any, me: any) => { if (d.length > 5000) console.log(n, "wire", t, d.length); return next(t, d, me); }); return (t: any, d: any, me: any) => { if (d.length > 5000) console.log(n, "send", t, d.length, typeof d, Buffer.isBuffer(d)); return f(t, d, me); }; }, transporterReceive(next: any) { const f = m.transporterReceive((c: any, d: any, me: any) => { if (d.length>5000) console.log(n, "whole", c, d.length); return next(c, d, me); }); return (c: any, d: any, me: any) => { if (d.length>5000) console.log(n, "recv", c, d.length, Buffer.isBuffer(d), d.constructor.name); return f(c, d, me); }; } }; };
const url = natsUrl();
const node = (nodeID: string) => new ServiceBroker({ namespace: "zz", nodeID, logger: {type:"Console", options:{level:"warn"}} as any, requestTimeout: 4000, validator: false, transporter: { type: "NATS", options: { servers: [url] } } as never, middlewares: [mw(nodeID) as any] });
const [c, s] = [node("client"), node("server")];
s.createService({ name: "echo", actions: { say: (ctx: any) => ({ back: ctx.params.text }) } } as never);
await Promise.all([c.start(), s.start()]);
await c.waitForServices("echo", 5000);
const text = "必达".repeat(500_000);
for (const t of ["x".repeat(100), "x".repeat(900_000), "x".repeat(1_200_000), "x".repeat(3_000_000), text]) { try { const r: any = await c.call("echo.say", { text: t }); console.log(t.length, r.back === t); } catch (e) { console.log(t.length, String(e)); } }
await Promise.all([c.stop(), s.stop()]);
