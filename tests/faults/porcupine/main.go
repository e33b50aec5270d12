// Checks a recording (../recorder.h) for linearizability, entity by entity: an entity's calls must
// have an order that respects time and gives every call the outcome that it had.
//
//	check_histories FILE.ndjson
//
// Prints {"entities":N,"calls":N,"histories":N,"bad":[entity…],"undecided":[entity…]} and exits with
// 1 if there are bad ones.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// An entity that is not decided by then is counted as undecided, which is no pass.
const limit = 30 * time.Second

type line struct {
	Entity  string `json:"k"`
	Op      string `json:"o"`
	Client  int    `json:"c"`
	Begin   int64  `json:"b"`
	Done    int64  `json:"d"`
	Version *int64 `json:"v"`
	Value   string `json:"x"`
}

func read(path string) (map[string][]porcupine.Operation, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	entities := map[string][]porcupine.Operation{}
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<26)
	for number := 1; scanner.Scan(); number++ {
		var l line
		if err := json.Unmarshal(scanner.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("line %d: %v", number, err)
		}
		if l.Op != "r" && l.Op != "w" {
			continue // what was made, failed reads, repeats, lists
		}
		did := call{write: l.Op == "w", version: -1, value: l.Value}
		if l.Version != nil {
			did.version = *l.Version
		}
		operation := porcupine.Operation{ClientId: l.Client, Input: did, Call: l.Begin, Return: l.Done}
		if l.Done == 0 {
			operation.Return = math.MaxInt64
		}
		entities[l.Entity] = append(entities[l.Entity], operation)
	}
	return entities, scanner.Err()
}

// "p", "r" or "s" of "12.p3".
func kindOf(entity string) string {
	return entity[strings.Index(entity, ".")+1:][:1]
}

func historyOf(entity string) string {
	return entity[:strings.Index(entity, ".")]
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: check_histories FILE.ndjson")
		os.Exit(2)
	}
	entities, err := read(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	result := struct {
		Entities  int      `json:"entities"`
		Calls     int      `json:"calls"`
		Histories int      `json:"histories"`
		Bad       []string `json:"bad"`
		Undecided []string `json:"undecided"`
	}{Entities: len(entities), Bad: []string{}, Undecided: []string{}}
	histories := map[string]bool{}
	names := make(chan string)
	var mu sync.Mutex
	var workers sync.WaitGroup
	for i := 0; i < runtime.NumCPU(); i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for name := range names {
				model := registers
				if kindOf(name) == "s" {
					model = counters
				}
				verdict := porcupine.CheckOperationsTimeout(model, entities[name], limit)
				mu.Lock()
				if verdict == porcupine.Illegal {
					result.Bad = append(result.Bad, name)
				} else if verdict == porcupine.Unknown {
					result.Undecided = append(result.Undecided, name)
				}
				mu.Unlock()
			}
		}()
	}
	for name, operations := range entities {
		result.Calls += len(operations)
		histories[historyOf(name)] = true
		names <- name
	}
	close(names)
	workers.Wait()
	result.Histories = len(histories)
	sort.Strings(result.Bad)
	sort.Strings(result.Undecided)
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil || len(result.Bad) > 0 {
		os.Exit(1)
	}
}
