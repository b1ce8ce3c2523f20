/** The front door is a page of links; static/start.js opens the right one. */
export const csr = false;
