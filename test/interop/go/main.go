// franz-go for the interop suites: one command a run, JSON lines on standard output, the options of librdkafka.py.
//
// Never waits for ever: every command ends by -timeout with status 1.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	bootstrap  = flag.String("bootstrap", "", "")
	topic      = flag.String("topic", "", "")
	group      = flag.String("group", "", "")
	protocol   = flag.String("protocol", "classic", "")
	prefix     = flag.String("prefix", "value-", "")
	codec      = flag.String("codec", "none", "")
	count      = flag.Int("count", 10, "")
	rate       = flag.Int("rate", 0, "records a second, of a load")
	acks       = flag.Int("acks", -1, "")
	idempotent = flag.Bool("idempotent", false, "")
	session    = flag.Int("session", 6000, "milliseconds, of the classic protocol")
	timeout    = flag.Float64("timeout", 40, "")
)

// Callbacks of the client come from other goroutines.
var output sync.Mutex

func say(line map[string]any) {
	line["at"] = time.Now().UnixMilli()
	output.Lock()
	defer output.Unlock()
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		os.Exit(1)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func connect(options ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append(options, kgo.SeedBrokers(*bootstrap), kgo.ClientID("interop"))...)
	check(err)
	return client
}

func producer() *kgo.Client {
	compression := map[string]kgo.CompressionCodec{
		"none":   kgo.NoCompression(),
		"gzip":   kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(),
		"lz4":    kgo.Lz4Compression(),
		"zstd":   kgo.ZstdCompression(),
	}[*codec]
	options := []kgo.Opt{kgo.DefaultProduceTopic(*topic), kgo.ProducerBatchCompression(compression)}
	if !*idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	if *acks == 1 {
		options = append(options, kgo.RequiredAcks(kgo.LeaderAck()))
	}
	return connect(options...)
}

func record(i int) *kgo.Record {
	headers := []kgo.RecordHeader{{Key: "source", Value: []byte("franz-go")}}
	key, value := fmt.Sprintf("key-%d", i), fmt.Sprintf("%s%d", *prefix, i)
	return &kgo.Record{Key: []byte(key), Value: []byte(value), Headers: headers}
}

func produce(ctx context.Context) {
	client := producer()
	defer client.Close()
	records := make([]*kgo.Record, *count)
	for i := range records {
		records[i] = record(i)
	}
	check(client.ProduceSync(ctx, records...).FirstErr())
	say(map[string]any{"event": "produced", "count": *count})
}

// load sends until it is told to end, and says where each record came to lie.
func load(ctx context.Context) {
	client := producer()
	defer client.Close()
	stop, forget := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer forget()
	delivered := func(r *kgo.Record, err error) {
		if err == nil {
			say(map[string]any{
				"event": "acknowledged", "partition": r.Partition, "offset": r.Offset, "value": string(r.Value),
			})
		} else if *idempotent {
			check(err)
		}
	}
	pace := time.NewTicker(10 * time.Millisecond)
	for i := 0; stop.Err() == nil; <-pace.C {
		for end := i + *rate/100; i < end; i++ {
			client.Produce(ctx, record(i), delivered)
		}
	}
	check(client.Flush(ctx))
}

func consumer(more ...kgo.Opt) *kgo.Client {
	options := []kgo.Opt{
		kgo.ConsumerGroup(*group),
		kgo.ConsumeTopics(*topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.DisableAutoCommit(),
		kgo.SessionTimeout(time.Duration(*session) * time.Millisecond),
		kgo.HeartbeatInterval(500 * time.Millisecond),
	}
	if *protocol == "consumer" {
		options = append(options, kgo.ServerSideBalancer(), kgo.Balancers(kgo.RangeBalancer()))
	}
	return connect(append(options, more...)...)
}

func sayRecord(r *kgo.Record) {
	headers := map[string]string{}
	for _, header := range r.Headers {
		headers[header.Key] = string(header.Value)
	}
	say(map[string]any{
		"event": "record", "partition": r.Partition, "offset": r.Offset,
		"key": string(r.Key), "value": string(r.Value), "headers": headers,
	})
}

// consume reads until count records were seen, commits, and closes.
func consume(ctx context.Context) {
	client := consumer()
	defer client.Close()
	for seen := 0; seen < *count; {
		fetches := client.PollRecords(ctx, *count-seen)
		check(fetches.Err())
		fetches.EachRecord(sayRecord)
		seen += fetches.NumRecords()
	}
	check(client.CommitUncommittedOffsets(ctx))
}

// member reads and commits until it is killed.
func member(ctx context.Context) {
	owned := map[int32]bool{}
	var guard sync.Mutex
	change := func(has bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, client *kgo.Client, topics map[string][]int32) {
			guard.Lock()
			defer guard.Unlock()
			for _, partition := range topics[*topic] {
				if has {
					owned[partition] = true
				} else {
					delete(owned, partition)
				}
			}
			partitions := []int32{}
			for partition := range owned {
				partitions = append(partitions, partition)
			}
			slices.Sort(partitions)
			_, epoch := client.GroupMetadata()
			say(map[string]any{"event": "owned", "partitions": partitions, "epoch": epoch})
		}
	}
	client := consumer(
		kgo.OnPartitionsAssigned(change(true)), kgo.OnPartitionsRevoked(change(false)), kgo.OnPartitionsLost(change(false)),
	)
	defer client.Close()
	for ctx.Err() == nil {
		// An error here is one that the client goes on from: its broker is away.
		client.PollFetches(ctx).EachRecord(sayRecord)
		if err := client.CommitUncommittedOffsets(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	check(ctx.Err())
}

func main() {
	commands := map[string]func(context.Context){"produce": produce, "load": load, "consume": consume, "member": member}
	check(flag.CommandLine.Parse(os.Args[2:]))
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(*timeout*float64(time.Second)))
	defer cancel()
	commands[os.Args[1]](ctx)
}
