/** A chunk of its own: pages without charts do not load it. */
import "uplot/dist/uPlot.min.css";

export { default } from "uplot";
