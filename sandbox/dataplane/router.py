"""Passes invocations on: picks the variant, the instance and a connection, and maps what comes back."""

import asyncio
import random
import time
from collections.abc import Iterable

from sandbox.dataplane.capture import Captures, Rule, rules
from sandbox.dataplane.front import Front, Invocation
from sandbox.dataplane.lines import Exchange
from sandbox.dataplane.metrics import Metrics
from sandbox.dataplane.routes import EndpointRoutes, Route, Routes, Table, compile_routes
from sandbox.dataplane.spool import Spool
from sandbox.dataplane.upstream import Pool, Reply, Upstream
from sandbox.signature import Credential, SignatureError, judge

SERVICE = "sagemaker"  # the signing name of the data plane's calls too
_TIMEOUT = 60.0  # seconds, SageMaker's limit for a model's answer
_OK = range(200, 300)
_PASSED_BACK = {
    b"content-type": b"Content-Type",
    b"x-amzn-sagemaker-custom-attributes": b"X-Amzn-SageMaker-Custom-Attributes",
}


class Router:
    """The data plane's state; used on one event loop only."""

    def __init__(self, seed: int, spool: Spool) -> None:
        self._random = random.Random(seed)  # noqa: S311 - traffic shares, no secret
        self._keys: dict[str, Credential] = {}
        self._denials: dict[str, dict[str, str]] = {}
        self._routes: Routes = {}
        self._pools: dict[str, Pool] = {}
        self._drained: dict[str, asyncio.Event] = {}
        self._rules: dict[tuple[str, str, str], Rule] = {}
        self.captures = Captures(random.Random(seed), spool)  # noqa: S311 - a sample, no secret
        self.metrics = Metrics()

    def swap(self, table: Table) -> None:
        """Every invocation that arrives from now on follows `table`; those in flight finish where they are."""
        self._keys = table.keys
        self._denials = table.denials
        self._rules = rules(table.captures)
        self._routes = compile_routes(table)
        for routes in self._routes.values():
            for route in routes.variants.values():
                for instance in route.instances:
                    self._pools.setdefault(instance.id, Pool(instance.port, instance.door))

    async def drain(self, instances: Iterable[str]) -> None:
        """Return when none of these instances, which have no route any more, has a request in flight."""
        for identity in instances:
            pool = self._pools.get(identity)
            if pool is None:
                continue
            pool.close()
            if pool.in_flight:
                event = self._drained[identity] = asyncio.Event()
                await event.wait()
                del self._drained[identity]
            del self._pools[identity]

    def invoke(self, invocation: Invocation, front: Front) -> None:
        """Answer one invocation through `front`."""
        try:
            credential = judge(invocation.message, self._keys.get, time.time(), SERVICE)
        except SignatureError as error:
            front.refuse(403, error.fault.value[0], str(error))
            return
        account = credential.account
        if denied := self._denials.get(credential.key, {}).get(invocation.endpoint):
            front.refuse(403, "AccessDeniedException", denied)
            return
        routes = self._routes.get((account, invocation.endpoint))
        route = self._route(routes, invocation, account, front) if routes else None
        if routes is None:
            front.refuse(
                400, "ValidationError", f"Endpoint {invocation.endpoint} of account {account} not found."
            )
        elif route is not None:
            _Passage(self, account, invocation, route, front).start()

    def _route(
        self, routes: EndpointRoutes, invocation: Invocation, account: str, front: Front
    ) -> Route | None:
        if invocation.variant is None:
            route = routes.pick(self._random)
            if route is None:
                front.refuse(
                    503,
                    "ServiceUnavailable",
                    f"No variant of {invocation.endpoint} with traffic has an instance.",
                )
            return route
        route = routes.variants.get(invocation.variant)
        if route is None:
            front.refuse(
                400,
                "ValidationError",
                f"Variant {invocation.variant} not found for endpoint {invocation.endpoint} of account {account}.",
            )
        return route

    def capture(self, account: str, invocation: Invocation, variant: str, reply: Reply) -> None:
        """Keep one invocation that was answered well, where its endpoint captures and its variant has not left meanwhile."""
        rule = self._rules.get((account, invocation.endpoint, variant))
        if rule is None:
            return
        response_type = b""
        for name, value in reply.headers:
            if name.lower() == b"content-type":
                response_type = value
                break
        self.captures.take(
            rule,
            Exchange(
                invocation.inference_id, invocation.attributes, invocation.content_type, invocation.body,
                response_type, reply.body,
            ),
        )  # fmt: skip

    def enter(self, identity: str) -> Pool:
        pool = self._pools[identity]
        pool.in_flight += 1
        return pool

    def leave(self, identity: str, pool: Pool) -> None:
        pool.in_flight -= 1
        if not pool.in_flight and (event := self._drained.get(identity)):
            event.set()


class _Passage:
    """One invocation on its way through."""

    def __init__(
        self, router: Router, account: str, invocation: Invocation, route: Route, front: Front
    ) -> None:
        self._router = router
        self._account = account
        self._invocation = invocation
        self._route = route
        self._front = front
        self._arrived = self._sent = time.perf_counter()
        self._identity = ""
        self._pool: Pool | None = None
        self._upstream: Upstream | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._late = False
        # A server that is just ending may close a connection under us: every instance is asked once, and once more.
        self._tries = len(route.instances) + 1

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(_TIMEOUT, self._expire)
        self._next()

    def _next(self) -> None:
        self._tries -= 1
        self._identity = self._route.next().id
        self._pool = self._router.enter(self._identity)
        upstream = self._pool.get()
        if upstream:
            self._send(upstream)
        else:
            asyncio.get_running_loop().create_task(self._connect(self._pool))

    async def _connect(self, pool: Pool) -> None:
        try:
            upstream = await pool.connect()
        except OSError:
            self._came_back(None)
        else:
            self._send(upstream)

    def _send(self, upstream: Upstream) -> None:
        invocation = self._invocation
        attributes = invocation.attributes
        extra = b"X-Amzn-SageMaker-Custom-Attributes: %s\r\n" % attributes if attributes else b""
        self._upstream = upstream
        self._sent = time.perf_counter()
        upstream.send(
            b"POST /invocations HTTP/1.1\r\nHost: model\r\nContent-Type: %s\r\nAccept: %s\r\nContent-Length: %d\r\n%s\r\n"
            % (invocation.content_type, invocation.accept, len(invocation.body), extra)
            + invocation.body,
            self._came_back,
        )

    def _expire(self) -> None:
        self._late = True
        if self._upstream:
            self._upstream.close()

    def _came_back(self, reply: Reply | None) -> None:
        assert self._pool is not None
        self._router.leave(self._identity, self._pool)
        if reply is None and not self._late and self._tries:
            self._next()
            return
        if self._deadline:
            self._deadline.cancel()
        now = time.perf_counter()
        self._router.metrics.count(
            self._account,
            self._invocation.endpoint,
            self._route.name,
            reply.status if reply else None,
            model=now - self._sent,
            total=now - self._arrived,
        )
        if reply and reply.status in _OK:
            self._front.answer(200, self._headers(reply), reply.body)
            self._router.capture(self._account, self._invocation, self._route.name, reply)
        else:
            self._fail(reply)

    def _headers(self, reply: Reply) -> bytes:
        lines = [b"x-Amzn-Invoked-Production-Variant: %s\r\n" % self._route.name.encode()]
        for name, value in reply.headers:
            if passed := _PASSED_BACK.get(name.lower()):
                lines.append(b"%s: %s\r\n" % (passed, value))
        return b"".join(lines)

    def _fail(self, reply: Reply | None) -> None:
        if reply is None:
            status, text = 0, "Your invocation timed out" if self._late else "the container does not answer"
        else:
            status, text = reply.status, reply.body.decode(errors="replace")
        blame = "client" if status in range(400, 500) else "server"
        self._front.refuse(
            424,
            "ModelError",
            f'Received {blame} error ({status}) from {self._route.name} with message "{text}". '
            f"See the container's log of endpoint {self._invocation.endpoint} in account {self._account}.",
            OriginalStatusCode=status or 500,
            OriginalMessage=text,
            LogStreamArn="",
        )
