/** A mail to be sent, with all it takes. */
export interface Mail {
  host: string;
  port: number;
  /** `tls`: from the first byte. `starttls`: upgraded before anything else is said. `none`: never. */
  tls: "starttls" | "tls" | "none";
  user: string | null;
  password: string | null;
  from: string;
  to: string[];
  subject: string;
  text: string;
}
