/** Filters of a list under a name, which all users of an installation share. */

export const VIEW_PAGES = ["tasks"] as const;
export type ViewPage = (typeof VIEW_PAGES)[number];

/** One user may have so many. */
export const MAX_VIEWS = 100;

export interface SavedView {
  id: number;
  /** The list that it is a view of. */
  page: ViewPage;
  /** Unique among the views of its list. */
  name: string;
  /** Of the page's address: `state=exhausted&errorCode=refused`. */
  query: string;
  /** Who made it, and may change it, beside administrators. */
  owner: { id: number; name: string };
  createdAt: string;
  updatedAt: string;
}

export interface SavedViewRequest {
  page: ViewPage;
  name: string;
  query: string;
}
