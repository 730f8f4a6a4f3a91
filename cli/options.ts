/** Options that all commands of `bida` take. */
export const GLOBAL_OPTIONS: Record<string, { value: string | null; help: string }> = {
  json: { value: null, help: "answers as JSON" },
  url: {
    value: "<url>",
    help: "asks a Bida over HTTP (BIDA_URL); otherwise the cluster of BIDA_NATS_URL, or this machine's process",
  },
  key: { value: "<key>", help: "with --url: an app's key (BIDA_API_KEY)" },
  user: { value: "<name:password>", help: "with --url: a user (BIDA_USER)" },
};
