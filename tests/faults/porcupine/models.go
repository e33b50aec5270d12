package main

import "github.com/anishathalye/porcupine"

// What a call did or saw.
type call struct {
	write   bool
	version int64 // -1: not known, the call has no outcome
	value   string
}

// A person or a relationship: a register whose version grows with each write. Others may write it
// too (feeds do), so versions may skip, and grow while the value stays. After a write of unknown
// outcome the version in the state is the lowest that it can be.
type register struct {
	version int64
	value   string
}

var registers = porcupine.Model{
	Init: func() interface{} { return register{0, "first"} },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		now, did := state.(register), input.(call)
		switch {
		case did.write && did.version < 0:
			return true, register{now.version + 1, did.value}
		case did.write:
			return did.version > now.version, register{did.version, did.value}
		default:
			return did.value == now.value && did.version >= now.version, register{did.version, did.value}
		}
	},
}

// Statistics of a relationship: a counter of engagements.
var counters = porcupine.Model{
	Init: func() interface{} { return int64(0) },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		now, did := state.(int64), input.(call)
		if did.write {
			return true, now + 1
		}
		return did.version == now, now
	},
}
