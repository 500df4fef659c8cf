// The same bytes from bare node:http, in its quickest form: a string, which goes out with the head in one write.
import { createServer } from 'node:http';
import { listening, peerAnswer } from './peer-answer.ts';

const { headers, body } = peerAnswer();
const server = createServer((_request, response) => {
  response.writeHead(200, headers);
  response.end(body);
});
server.listen(0, '127.0.0.1', () => listening(server.address()));
