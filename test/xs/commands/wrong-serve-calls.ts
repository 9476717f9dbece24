/** Terminal stories as in `wrong-calls.ts`, about `serve`. */
export const SERVE_STORIES = `
$ xs-backup serve --json
error: serve takes no --json [usage]
hint: "xs-backup help serve" shows how it is called
(2)

$ xs-backup serve --listen
error: option '--listen <ADDRESS:PORT>' argument missing [usage]
hint: "xs-backup help serve" shows how it is called
(2)
`;
