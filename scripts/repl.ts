/**
 * `npm run repl`: a prompt for operators, in the cluster of BIDA_NATS_URL or in the embedded process on BIDA_DATA_DIR.
 * With arguments, `npm run repl -- tasks --state exhausted`, that one command is run. See docs/repl.md.
 */
import { ConfigError, loadClientConfig } from "../core/config.ts";
import { nodesWith } from "../services/bus/peers.ts";
import { attach, Unreachable } from "../services/repl/attach.ts";
import { join } from "../services/repl/join.ts";
import { zoneName } from "../services/repl/paint.ts";
import { prompt, sessionOf } from "../services/repl/prompt.ts";
import { run } from "../services/repl/run.ts";

function end(line: string): never {
  process.stderr.write(`bida: ${line}\n`);
  process.exit(1);
}

try {
  const config = loadClientConfig(process.env);
  const inCluster = config.natsUrls.length > 0;
  const broker = inCluster
    ? await join(config)
    : await attach(config, () => end("the Bida process has ended; start it and type npm run repl again"));
  const session = sessionOf(broker);
  const words = process.argv.slice(2);
  let allDone: boolean;
  if (words.length > 0) {
    const { text, failed } = await run(session, words);
    console.log(text);
    allDone = !failed;
  } else {
    if (process.stdin.isTTY) {
      const count = nodesWith(broker, "node.info").length;
      const where = inCluster ? `a cluster of ${count} nodes` : `the process on ${config.dataDir}`;
      console.log(`Bida: ${where}. Times are those of ${zoneName()}. "help" lists the commands.`);
    }
    allDone = await prompt(session);
    // On a terminal a mistake was seen and is over.
    if (process.stdin.isTTY) allDone = true;
  }
  await broker.stop();
  process.exit(allDone ? 0 : 1);
} catch (error) {
  if (error instanceof ConfigError || error instanceof Unreachable) end(error.message);
  throw error;
}
