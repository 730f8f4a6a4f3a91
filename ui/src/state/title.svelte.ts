/** What the page that is shown is about, for the title of its tab: ten tabs of one console are told apart by it. */

let about = $state("");

export const title = {
  get about(): string {
    return about;
  },
};

/** While the component lives. To be called while it is set up. */
export function titled(text: () => string): void {
  $effect(() => {
    about = text();
    return () => {
      about = "";
    };
  });
}
