/** `bida start`: a node, or for trying a whole cluster on this machine. */
import { configMistakes } from "../../core/config.ts";
import { type Command, NOTHING } from "../../services/repl/command.ts";
import { Mistake } from "../../services/repl/mistake.ts";
import { runCluster } from "../cluster/cluster.ts";
import { becomeNode, nodeCommand } from "../node-command.ts";

export const start: Command = {
  name: "start",
  args: "",
  arity: [0, 0],
  summary: "starts a node, by the settings of the environment; Ctrl-C stops it",
  about: [
    "Without settings: one process at http://127.0.0.1:8080, data in ./data, user admin, password admin.",
    "--cluster: for trying. MariaDB or MySQL, Redis and NATS (from PATH) and five nodes, all on this machine.",
  ],
  options: {
    repl: { value: null, help: "opens a prompt in the node as well" },
    cluster: { value: null, help: "a whole cluster; its data is in ./data/cluster (BIDA_DATA_DIR)" },
  },
  examples: ["start", "start --cluster"],
  async run(session, { flags }) {
    session.endsItself = true;
    if (flags.has("cluster")) {
      if (flags.has("repl"))
        throw new Mistake("--repl goes with one node; type bida repl beside the cluster");
      return { ...NOTHING, exit: await runCluster(session) };
    }
    const [mistake] = configMistakes(process.env);
    if (mistake) throw new Mistake(`${mistake}; "bida check" names all mistakes`);
    return { ...NOTHING, exit: await becomeNode(nodeCommand(flags.has("repl") ? ["--repl"] : [])) };
  },
};
