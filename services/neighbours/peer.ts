/**
 * Bida as a node of an application's Moleculer namespace: it answers and announces as Moleculer's brokers do, of 0.14 and of
 * 0.15, to each in the version that it speaks, and offers nothing but the public actions. Why it is no broker of Moleculer's:
 * docs/moleculer.md.
 */
import { randomUUID } from "node:crypto";
import os from "node:os";
import type { Logger, ServiceBroker } from "moleculer";
import { BidaError } from "../../core/errors.ts";
import { checkPacket } from "../bus/packet.ts";
import { Announcer } from "./announcer.ts";
import { Complaints } from "./complaints.ts";
import { Connection } from "./connection.ts";
import { type Neighbour, Neighbourhood } from "./neighbourhood.ts";
import { Offer } from "./offer.ts";
import {
  type Command,
  type Packet,
  type ProtocolVersion,
  readInformation,
  readPacket,
  VERSIONS,
} from "./packets.ts";
import { Questions } from "./questions.ts";
import { Requests, requestProblem } from "./requests.ts";

/** How long those that are there get to answer before anything is offered, in ms; as Moleculer waits. */
const LOOK_AROUND = 500;
/** What is believed of these is checked as among Bida's own nodes; a request is answered, whatever is wrong with it. */
const CHECKED = new Set<Command>(["INFO", "HEARTBEAT"]);
/** Silence is looked for this often, in ms. */
const EXPIRE_EVERY = 5_000;
/** What is under way at a stop may take so long, in ms. */
const DRAIN = 8_000;

export interface PeerOptions {
  broker: ServiceBroker;
  natsUrls: string[];
  /** "" is Moleculer's default. */
  namespace: string;
  /** Whether the names without `bida.` are offered as well. */
  aliases: boolean;
  /** The services that this node runs. */
  services: readonly string[];
  installation: string;
  version: string;
  log: Logger;
  /** A neighbour listens to something else than the other nodes of this installation may know. */
  onChanged(nodeID: string): void;
}

export class Peer {
  readonly #options: PeerOptions;
  readonly #neighbourhood = new Neighbourhood(() => performance.now());
  readonly #connection: Connection;
  readonly #offer: Offer;
  readonly #requests: Requests;
  readonly #questions = new Questions(this.#neighbourhood, (neighbour) =>
    this.#send(neighbour, "DISCOVER", {}),
  );
  readonly #complaints: Complaints;
  /** Nodes of this installation that were told that they are offered nothing. */
  readonly #corrected = new WeakSet<Neighbour>();
  readonly #instanceID = randomUUID();
  readonly announcer: Announcer;
  #timers: { expiring?: NodeJS.Timeout; beating?: NodeJS.Timeout } = {};
  #seq = 1;
  #nextBeatAt = Number.POSITIVE_INFINITY;
  /** Nothing is offered any more; and nothing is said any more. */
  #isClosed = false;
  #isOver = false;

  constructor(options: PeerOptions) {
    this.#options = options;
    const { broker, natsUrls, namespace, log } = options;
    this.#offer = new Offer(options);
    this.#requests = new Requests(broker);
    this.#complaints = new Complaints(log, namespace);
    this.#connection = new Connection({
      ...{ natsUrls, namespace, nodeID: broker.nodeID, log },
      onPacket: (command, bytes, toAll) => this.#received(command, bytes, toAll),
      onBack: () => this.#lookAround(),
    });
    this.announcer = new Announcer({
      neighbourhood: this.#neighbourhood,
      now: () => performance.now(),
      hasAliases: () => this.#offer.hasAliases,
      isSilent: () => this.#offer.isSilent,
      send: ({ nodeID, version }, fields) => this.#connection.send("EVENT", nodeID, version, fields),
    });
  }

  /**
   * Meets the others; nothing is offered yet. Resolves when they had time to answer.
   * @throws Error where NATS does not let it in; it may be tried again
   */
  async meet(): Promise<void> {
    await this.#connection.open();
    if (this.#isOver) return;
    this.#lookAround();
    this.#timers.expiring = setInterval(() => this.#expire(), EXPIRE_EVERY).unref();
    this.#beat();
    await new Promise((resolve) => setTimeout(resolve, LOOK_AROUND));
  }

  /** Offers the actions of this node. */
  open(): void {
    if (this.#isClosed) return;
    this.#offer.consider(this.#neighbourhood);
    this.#offer.open();
    this.#informAll();
  }

  /** Offers nothing any more, and resolves when what was asked is answered. Events still go out. */
  async withdraw(): Promise<void> {
    this.#isClosed = true;
    this.#offer.close();
    this.#informAll();
    await this.#requests.idle(DRAIN);
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#isOver = true;
    this.#questions.close();
    clearInterval(this.#timers.expiring);
    clearTimeout(this.#timers.beating);
    this.#toAll("DISCONNECT", {});
    await this.#connection.close();
  }

  /** Whether it has said goodbye. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether everybody has told all that it has to tell. */
  get isSettled(): boolean {
    return this.#neighbourhood.isSettled;
  }

  /** Hears what is sent to other subjects too. */
  listen(subject: string, heard: (subject: string) => void): void {
    this.#connection.listen(subject, heard);
  }

  /** Another node of this installation has learned something of a neighbour: this one asks too. */
  look(nodeID: string): void {
    const neighbour = this.#neighbourhood.get(nodeID);
    if (!neighbour) return;
    this.#neighbourhood.unsettle(neighbour);
    this.#questions.ask(neighbour);
    this.#questions.repeat();
  }

  #received(command: Command, bytes: Uint8Array, toAll: boolean): void {
    const packet = readPacket(bytes);
    if ("problem" in packet) {
      this.#complaints.rejected(packet);
      return;
    }
    const { nodeID } = this.#options.broker;
    if (packet.sender === nodeID) return;
    if (CHECKED.has(command)) {
      const checked = checkPacket(command, packet.fields, nodeID);
      if ("problem" in checked) {
        this.#complaints.rejected({ problem: checked.problem, sender: packet.sender });
        return;
      }
      packet.fields = checked.packet;
    }
    const met = this.#neighbourhood.heard(packet.sender, packet.ver);
    if (met === null) {
      this.#complaints.rejected({ problem: "there are too many nodes", sender: null });
      return;
    }
    const { neighbour, isNew } = met;
    if (isNew && command !== "DISCONNECT") this.#welcome(neighbour, command, toAll);
    const handle = this.#handlers[command];
    handle(neighbour, packet, toAll);
    this.#questions.repeat();
  }

  readonly #handlers: Record<Command, (neighbour: Neighbour, packet: Packet, toAll: boolean) => void> = {
    DISCOVER: (neighbour, _, toAll) => {
      if (toAll) this.#neighbourhood.came(neighbour);
      this.#inform(neighbour);
    },
    INFO: (neighbour, packet, toAll) => this.#informed(neighbour, packet, toAll),
    HEARTBEAT: (neighbour) => this.#neighbourhood.beat(neighbour),
    DISCONNECT: (neighbour) => {
      this.#neighbourhood.left(neighbour.nodeID);
      this.#reconsider();
    },
    PING: (neighbour, { fields }) => {
      const { time, id } = fields;
      this.#send(neighbour, "PONG", { time, id, arrived: Date.now() });
    },
    REQ: (neighbour, packet) => void this.#requested(neighbour, packet),
  };

  /** The two have not met: each tells the other who it is. */
  #welcome(neighbour: Neighbour, command: Command, toAll: boolean): void {
    // Who asks everybody is told anyway, and cannot answer before it is ready; then it is asked.
    if (command !== "DISCOVER" || !toAll) this.#inform(neighbour);
    if (command !== "INFO") this.#questions.ask(neighbour);
    this.#beatInTime();
  }

  #informed(neighbour: Neighbour, packet: Packet, toAll: boolean): void {
    const information = readInformation(packet);
    const isNews = this.#neighbourhood.informed(neighbour, information, packet.ver);
    this.#questions.answered(neighbour, isNews);
    if (!isNews) return;
    if (this.#isOwn(neighbour) && !this.#corrected.has(neighbour)) {
      // It may have been told of actions before it said who it is. Once: what it hears is news to it, as its own is here.
      this.#corrected.add(neighbour);
      this.#seq++;
      this.#inform(neighbour);
    }
    this.announcer.catchUp();
    this.#reconsider();
    // Only this node was told.
    if (!toAll && information.installation === null) this.#options.onChanged(neighbour.nodeID);
  }

  async #requested(neighbour: Neighbour, packet: Packet): Promise<void> {
    const problem = requestProblem(packet);
    if (problem !== null) {
      this.#complaints.rejected({ problem, sender: neighbour.nodeID });
      return;
    }
    const name = packet.fields.action as string;
    const asked = this.#offer.find(name);
    if (asked?.isAlias) this.#complaints.oldName(neighbour.nodeID, name);
    if (asked) await this.#questions.askCaller(neighbour);
    const response = this.#isClosed
      ? this.#requests.refused(packet.fields.id as string, new BidaError("unavailable"))
      : await this.#requests.answer(asked?.action ?? null, packet, this.#isOwn(neighbour));
    const { sender, ver } = packet;
    const print = (fields: object) => JSON.stringify({ ver, sender: this.#options.broker.nodeID, ...fields });
    let text = print(response);
    const limit = this.#connection.maxPayload;
    if (text.length > limit || Buffer.byteLength(text) > limit) {
      const detail = `The answer is larger than NATS takes (${limit} bytes); ask for less, or over HTTP`;
      text = print(this.#requests.refused(response.id, new BidaError("body_too_large", detail)));
    }
    this.#connection.sendText("RES", sender, text);
  }

  #expire(): void {
    if (this.#neighbourhood.expire().length > 0) this.#reconsider();
  }

  #reconsider(): void {
    if (!this.#isClosed && this.#offer.consider(this.#neighbourhood)) this.#informAll();
  }

  /** At the start nobody knows which versions are spoken here: both are asked, once. */
  #lookAround(): void {
    const { versions } = this.#neighbourhood;
    for (const version of versions.size > 0 ? versions : VERSIONS)
      this.#connection.send("DISCOVER", null, version, {});
    // After a lost connection also those are told who had given this node up.
    for (const neighbour of this.#neighbourhood.all) this.#inform(neighbour);
  }

  #beat(): void {
    this.#toAll("HEARTBEAT", { cpu: null });
    this.#nextBeatAt = Number.POSITIVE_INFINITY;
    this.#beatInTime();
  }

  /** A newcomer may expect heartbeats more often than those before it. */
  #beatInTime(): void {
    const at = performance.now() + this.#neighbourhood.beatMs;
    if (this.#isOver || at >= this.#nextBeatAt) return;
    this.#nextBeatAt = at;
    clearTimeout(this.#timers.beating);
    this.#timers.beating = setTimeout(() => this.#beat(), this.#neighbourhood.beatMs).unref();
  }

  #informAll(): void {
    this.#seq++;
    for (const neighbour of this.#neighbourhood.all) this.#inform(neighbour);
  }

  /** Whether it is a node of this installation: one like this, or of a version that had no namespace of its own. */
  #isOwn({ information }: Neighbour): boolean {
    return information?.installation === this.#options.installation;
  }

  #inform(neighbour: Neighbour): void {
    const { version, installation } = this.#options;
    this.#send(neighbour, "INFO", {
      // Nodes of Bida's ask each other in their own namespace: here they would ask as strangers.
      services: this.#isOwn(neighbour) ? [] : this.#offer.services,
      ipList: [],
      hostname: os.hostname(),
      client: { type: "nodejs", version, langVersion: process.version },
      config: {},
      instanceID: this.#instanceID,
      metadata: { bida: version, installation },
      seq: this.#seq,
    });
  }

  #send({ nodeID, version }: Neighbour, command: string, fields: object): void {
    this.#connection.send(command, nodeID, version, fields);
  }

  /** Once for each version that is spoken here. */
  #toAll(command: string, fields: object): void {
    const versions: Iterable<ProtocolVersion> = this.#neighbourhood.versions;
    for (const version of versions) this.#connection.send(command, null, version, fields);
  }
}
