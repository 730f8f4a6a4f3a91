/** Ends the process with one line: for mistakes that no stack and no waiting help against. */
export function fatal(line: string): never {
  end(line, 1);
}

/** For a wrong setting: the line begins with its name, and a supervisor that starts the process again gains nothing. */
export function misconfigured(line: string): never {
  end(line, 2);
}

function end(line: string, code: number): never {
  process.stderr.write(`bida: ${line}\n`);
  process.exit(code);
}
