"""The server's half of the rewarder protocol of OpenAI's Universe (v0): JSON over WebSocket."""

import asyncio
import json
import queue
import threading
import time

from websockets.asyncio.server import basic_auth, broadcast, serve
from websockets.exceptions import ConnectionClosed

RESET, PING = "v0.env.reset", "v0.control.ping"


class Rewarder:
    """A WebSocket server in a thread of its own. One client may play, others observe.

    What the game says goes to all of them, in order, and never waits for them. Wishes
    for new episodes are put into resets, and wake is called.
    """

    def __init__(self, host, port, password, env_id, fps, wake):
        self.env_id, self.fps, self.wake = env_id, fps, wake
        self.resets = queue.SimpleQueue()
        self.episode = "1.0"
        self.sent = 0
        self.clients = set()
        self.player = asyncio.Lock()
        self.fault = None
        started = threading.Event()
        check = basic_auth("glint", credentials=(password, "")) if password else None
        self.thread = threading.Thread(
            target=lambda: asyncio.run(self.serve(host, port, check, started)), name="rewarder", daemon=True)
        self.thread.start()
        started.wait()
        if self.fault:
            raise self.fault

    async def serve(self, host, port, check, started):
        """Serves until close."""
        self.loop, self.ended = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with serve(self.talk, host, port, process_request=check, compression=None, max_size=1 << 16,
                             origins=[None]) as server:
                self.port = server.sockets[0].getsockname()[1]
                started.set()
                await self.ended.wait()
        except OSError as err:
            self.fault = err
            started.set()

    async def talk(self, client):
        """Serves one client."""
        observer = client.request.headers.get("openai-observer", "false") == "true"
        if not observer:
            try:  # one who lost his connection comes back before we know
                await asyncio.wait_for(self.player.acquire(), 2)
            except TimeoutError:
                await client.send(self.text("v0.reply.error", {"message": "another client plays already"}))
                return
        try:
            await client.send(self.text("v0.env.describe", self.description("running")))
            self.clients.add(client)
            async for text in client:
                answer = self.receive(text, observer)
                if answer:
                    await client.send(answer)
        except ConnectionClosed:
            pass
        finally:
            self.clients.discard(client)
            if not observer:
                self.player.release()

    def receive(self, text, observer):
        """Takes in one message and returns the answer, None for none."""
        try:
            message = json.loads(text)
            method, body = message["method"], message.get("body") or {}
            parent = (message.get("headers") or {}).get("message_id")
            wish = body.get("env_id") or self.env_id
            seed = int(body["seed"]) if body.get("seed") is not None else None
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as err:
            return self.text("v0.reply.error", {"message": f"not understood: {err}"})
        if method == PING:
            return self.text("v0.reply.control.ping", {}, parent)
        if method != RESET or observer:
            return None
        if wish != self.env_id:
            return self.text("v0.reply.error", {"message": f"no environment {wish}, this is {self.env_id}"}, parent)
        self.resets.put((seed, parent))
        self.wake()
        return None

    def description(self, state):
        """Returns the body that describes the environment."""
        return {"env_id": self.env_id, "env_state": state, "fps": self.fps}

    def text(self, method, body, parent=None):
        """Returns a message of the current episode."""
        self.sent += 1
        headers = {"message_id": self.sent, "sent_at": time.time(), "episode_id": self.episode}
        if parent is not None:
            headers["parent_message_id"] = parent
        return json.dumps({"method": method, "headers": headers, "body": body})

    def begin(self, number, reset):
        """Says that an episode begins; reset is the parent of the wish for it in a tuple, None where nobody wished."""
        self.loop.call_soon_threadsafe(self.announce, f"1.{number}", reset)

    def announce(self, episode, reset):
        self.episode = episode
        if reset is not None:
            broadcast(self.clients, self.text("v0.reply.env.reset", {}, reset[0]))
        broadcast(self.clients, self.text("v0.env.describe", self.description("running")))

    def pay(self, reward, done, info):
        """Says what a frame brought."""
        self.loop.call_soon_threadsafe(
            lambda: broadcast(self.clients, self.text("v0.env.reward", {"reward": reward, "done": done, "info": info})))

    def close(self):
        """Ends the server."""
        self.loop.call_soon_threadsafe(self.ended.set)
        self.thread.join(5)
