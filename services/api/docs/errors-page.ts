/** The page that `type` of a problem document points to: one row, with its anchor, per code. */
import { REFUSALS } from "../../../core/errors.ts";
import { CALL_ERRORS } from "../../../core/outcome.ts";

export function errorsPage(): string {
  const refusals = Object.entries(REFUSALS).map(([code, [status, title]]) =>
    row(code, String(status), title),
  );
  const calls = Object.entries(CALL_ERRORS).map(([code, meaning]) => row(code, meaning));
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Bida: errors</title>
    <link rel="icon" type="image/png" href="/docs/assets/favicon-32x32.png" />
    <link rel="stylesheet" href="/docs/assets/docs.css" />
  </head>
  <body>
    <nav><a href="/docs">API</a></nav>
    <main class="errors">
      <h1>Errors</h1>
      <h2>Refusals</h2>
      <p>Why Bida refuses a request. <code>detail</code> and <code>errors</code> of the answer have the particulars.</p>
      <table>
        <thead><tr><th>code</th><th>status</th><th>meaning</th></tr></thead>
        <tbody>
          ${refusals.join("\n          ")}
        </tbody>
      </table>
      <h2>Failed calls</h2>
      <p>Why a call to a target failed: <code>errorCode</code> of an attempt, <code>lastError.code</code> of a task.</p>
      <table>
        <thead><tr><th>code</th><th>meaning</th></tr></thead>
        <tbody>
          ${calls.join("\n          ")}
        </tbody>
      </table>
    </main>
  </body>
</html>
`;
}

function row(code: string, ...cells: string[]): string {
  const rest = cells.map((cell) => `<td>${escaped(cell)}</td>`).join("");
  return `<tr id="${escaped(code)}"><td><code>${escaped(code)}</code></td>${rest}</tr>`;
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
