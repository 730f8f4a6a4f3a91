/** Forms that were changed: what was typed is not lost by a click beside it. */
import { confirm } from "../state/confirm.svelte.ts";
import { t } from "./i18n.svelte.ts";
import { guardLeaving } from "./router.svelte.ts";

/** Whether what was typed may be thrown away. */
export const mayDiscard = async (): Promise<boolean> =>
  (await confirm({
    title: t("leave.title"),
    text: t("leave.text"),
    action: t("leave.action"),
    danger: true,
  })) !== null;

/** Asks before the page is left, while `changed` says so. To be called while a component is set up. */
export function askBeforeLeaving(changed: () => boolean): void {
  $effect(() => (changed() ? guardLeaving(mayDiscard) : undefined));
}
