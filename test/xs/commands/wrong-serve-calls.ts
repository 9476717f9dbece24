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

$ xs-backup serve --listen foo
error: option '--listen <ADDRESS:PORT>' argument 'foo' is invalid. It must be ADDRESS:PORT, as 0.0.0.0:8080 [usage]
hint: "xs-backup help serve" shows how it is called
(2)

$ xs-backup serve --ssh-listen 127.0.0.1:99999
error: option '--ssh-listen <ADDRESS:PORT>' argument '127.0.0.1:99999' is invalid. It must be ADDRESS:PORT, as 0.0.0.0:8080 [usage]
hint: "xs-backup help serve" shows how it is called
(2)
`;
