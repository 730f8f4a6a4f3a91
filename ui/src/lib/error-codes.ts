/** Why calls fail; docs/errors.md says what each means. */
export const ERROR_CODES = [
  "dns",
  "refused",
  "connect_timeout",
  "timeout",
  "tls",
  "reset",
  "blocked",
  "too_large_headers",
  "bad_response",
  "bad_status",
  "unexpected_result",
  "bad_request",
  "expired",
  "stopped",
  "crashed",
  "unreachable",
] as const;
