/** How long what is offered stays readable, in ms: the browser reads it some time after the click. */
const KEPT = 60_000;

/** Has the browser save a file. */
export function offerFile(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
}
