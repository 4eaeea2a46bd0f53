"""librdkafka by its Python binding, for the interop suites. One command a run; JSON lines on standard output.

Never waits for ever: every command ends by --timeout with status 1.
"""
import argparse
import json
import os
import signal
import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic, ResourceType

parser = argparse.ArgumentParser()
parser.add_argument("command")
parser.add_argument("--bootstrap", required=True)
parser.add_argument("--topic", required=True)
parser.add_argument("--group", default="none")
parser.add_argument("--protocol", default="classic")
parser.add_argument("--instance")
parser.add_argument("--session", type=int, default=6000, help="milliseconds, of the classic protocol")
parser.add_argument("--prefix", default="value-")
parser.add_argument("--codec", default="none")
parser.add_argument("--isolation", default="read_committed")
parser.add_argument("--count", type=int, default=10)
parser.add_argument("--partitions", type=int, default=1)
parser.add_argument("--timeout", type=float, default=40)
parser.add_argument("--rate", type=float, default=0, help="records a second")
parser.add_argument("--acks", type=int, default=-1)
parser.add_argument("--idempotent", action="store_true")
options = parser.parse_args()
deadline = time.monotonic() + options.timeout


def say(**fields):
    print(json.dumps({"at": time.time_ns() // 1000000, **fields}), flush=True)


def check_time(what):
    if time.monotonic() > deadline:
        sys.exit("timed out: " + what)


def connection(**more):
    return {"bootstrap.servers": options.bootstrap, "client.id": "interop", **more}


def send(producer, topic, count, prefix):
    failures = []

    def delivered(error, message):
        if error is not None:
            failures.append(str(error))

    for i in range(count):
        producer.produce(
            topic, key=f"key-{i}", value=f"{prefix}{i}", headers={"source": "librdkafka"}, on_delivery=delivered
        )
        # A slow sender outlives what happens to the broker meanwhile.
        producer.poll(1 / options.rate if options.rate else 0)
    left = producer.flush(max(1, deadline - time.monotonic()))
    if left or failures:
        sys.exit(f"{left} not delivered, failures: {failures[:3]}")


def produce():
    producer = Producer(
        connection(**{"compression.type": options.codec, "enable.idempotence": options.idempotent, "linger.ms": 50})
    )
    send(producer, options.topic, options.count, options.prefix)
    say(event="produced", count=options.count)


def load():
    """Sends until it is told to end, and says where each record came to lie."""
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(True))

    def delivered(error, message):
        if error is None:
            where = {"partition": message.partition(), "offset": message.offset()}
            say(event="acknowledged", value=message.value().decode(), **where)
        elif options.idempotent:
            sys.exit(str(error))

    producer = Producer(
        connection(
            **{"compression.type": options.codec, "enable.idempotence": options.idempotent, "acks": options.acks}
        )
    )
    started = time.monotonic()
    sent = 0
    while not told:
        check_time("as a load")
        while sent < (time.monotonic() - started) * options.rate:
            producer.produce(options.topic, key=f"key-{sent}", value=f"{options.prefix}{sent}", on_delivery=delivered)
            sent += 1
        producer.poll(0.01)
    if producer.flush(max(1, deadline - time.monotonic())):
        sys.exit("not all was delivered")


def record_line(message):
    value = message.value()
    say(
        event="record",
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        key=None if message.key() is None else message.key().decode(),
        value=None if value is None else value.decode(),
        headers={name: data.decode() for name, data in message.headers() or []},
    )


def consumer_config():
    config = connection(
        **{
            "group.id": options.group,
            "group.protocol": options.protocol,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": options.isolation,
        }
    )
    if options.protocol == "classic":
        config["session.timeout.ms"] = options.session
        config["heartbeat.interval.ms"] = 500
    return config


def poll(consumer):
    message = consumer.poll(0.2)
    if message is None:
        return None
    if message.error():
        raise KafkaException(message.error())
    return message


def consume():
    """Reads until `count` records were seen, commits, and closes."""
    consumer = Consumer(consumer_config())
    consumer.subscribe([options.topic])
    seen = 0
    try:
        while seen < options.count:
            check_time(f"{seen} of {options.count} records")
            message = poll(consumer)
            if message is not None:
                record_line(message)
                seen += 1
        consumer.commit(asynchronous=False)
    finally:
        consumer.close()


def member():
    """A member of a group that lives until it is killed."""
    owned = set()

    def tell():
        say(event="owned", partitions=sorted(owned))

    def assigned(consumer, partitions):
        owned.update(p.partition for p in partitions)
        tell()

    def revoked(consumer, partitions):
        owned.difference_update(p.partition for p in partitions)
        tell()

    def committed(error, partitions):
        if error is None:
            say(event="committed", offsets=[{"partition": p.partition, "offset": p.offset} for p in partitions])

    config = consumer_config()
    if options.instance:
        config["group.instance.id"] = options.instance
    consumer = Consumer({**config, "on_commit": committed})
    consumer.subscribe([options.topic], on_assign=assigned, on_revoke=revoked, on_lost=revoked)
    while True:
        check_time("as a member")
        message = poll(consumer)
        if message is not None:
            record_line(message)
            consumer.commit(message, asynchronous=True)


def admin():
    client = AdminClient(connection())
    wait = {"request_timeout": 20}
    topic = options.topic
    client.create_topics([NewTopic(topic, 2, 1, config={"retention.ms": "3600000"})], **wait)[topic].result()
    while topic not in client.list_topics(timeout=10).topics:
        check_time("the topic in the metadata")
    client.create_partitions([NewPartitions(topic, 3)], **wait)[topic].result()
    while len(client.list_topics(topic, timeout=10).topics[topic].partitions) != 3:
        check_time("three partitions")
    resource = ConfigResource(ResourceType.TOPIC, topic)
    configs = client.describe_configs([resource], **wait)[resource].result()
    brokers = client.list_topics(timeout=10).brokers
    client.delete_topics([topic], **wait)[topic].result()
    while topic in client.list_topics(timeout=10).topics:
        check_time("the topic gone from the metadata")
    say(event="admin", retention=configs["retention.ms"].value, brokers=len(brokers))


def watermarks():
    consumer = Consumer(consumer_config())
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(options.topic, 0), timeout=20)
        committed = consumer.committed([TopicPartition(options.topic, 0)], timeout=20)
        say(event="watermarks", low=low, high=high, committed=committed[0].offset)
    finally:
        consumer.close()


def transactions():
    """One committed transaction, one aborted, and one that commits offsets of the group with its records."""
    producer = Producer(connection(**{"transactional.id": options.prefix + "id"}))
    producer.init_transactions(30)
    for outcome in ("aborted", "committed"):
        producer.begin_transaction()
        send(producer, options.topic, options.count, f"{options.prefix}{outcome}-")
        if outcome == "aborted":
            producer.abort_transaction(30)
        else:
            producer.commit_transaction(30)
    say(event="transactions")


def open_transaction():
    """Sends in a transaction, and is gone before it ends; the broker keeps it for a quarter of an hour."""
    more = {"transactional.id": options.prefix + "id", "transaction.timeout.ms": 900000}
    producer = Producer(connection(**more))
    producer.init_transactions(30)
    producer.begin_transaction()
    send(producer, options.topic, options.count, options.prefix)
    say(event="open")
    sys.stdout.flush()
    # Without the end of the client, which would abort it.
    os._exit(0)


def history():
    """Few keys over and over, every fifth value null: plain, idempotent, and in transactions of either end."""
    codec = {"compression.type": options.codec, "linger.ms": 5}
    plain = Producer(connection(**codec))
    idempotent = Producer(connection(**codec, **{"enable.idempotence": True}))
    transactional = Producer(connection(**codec, **{"transactional.id": options.prefix + "history"}))
    transactional.init_transactions(30)
    for part in range(options.count):
        for producer, name in ((plain, "plain"), (idempotent, "idempotent"), (transactional, "transactional")):
            if producer is transactional:
                producer.begin_transaction()
            for i in range(50):
                number = part * 50 + i
                value = None if number % 5 == 0 else f"{name} {number} " + "x" * (number * 37 % 600)
                key = f"history-{number * 7919 % 211}"
                producer.produce(options.topic, key=key, value=value, headers={"part": str(part)})
            producer.flush(max(1, deadline - time.monotonic()))
            if producer is transactional:
                producer.abort_transaction(30) if part % 3 == 0 else producer.commit_transaction(30)
    say(event="history")


commands = [produce, load, consume, member, admin, watermarks, transactions, open_transaction, history]
{command.__name__: command for command in commands}[options.command]()
