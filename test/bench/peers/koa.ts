// The same bytes from bare Koa with its router.
import Router from '@koa/router';
import Koa from 'koa';
import { listening, peerAnswer } from './peer-answer.ts';

const { headers, body } = peerAnswer();
const router = new Router();
router.get('/api/v1/:kind/:name', (context) => {
  context.set(headers);
  context.body = body;
});
const server = new Koa().use(router.routes()).listen(0, '127.0.0.1', () => {
  listening(server.address());
});
