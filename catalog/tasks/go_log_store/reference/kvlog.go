// Package kvlog keeps keys and values in a log.
package kvlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"sort"
)

const header = "KVL1"

var (
	ErrFormat = errors.New("the disk contains something else")
	ErrKey    = errors.New("the key is empty")
)

// Disk is where a store keeps its log.
type Disk interface {
	Read() ([]byte, error)
	Append(data []byte) error
	Replace(data []byte) error
}

// Op puts a value or, if Delete is set, deletes a key.
type Op struct {
	Key, Value string
	Delete     bool
}

// Store has the keys and values of a log.
type Store struct {
	disk   Disk
	values map[string]string
	log    []byte // that is valid
	doubt  bool   // whether the disk may contain anything but log
}

func Open(disk Disk) (*Store, error) {
	content, err := disk.Read()
	if err != nil {
		return nil, err
	}
	s := &Store{disk: disk, values: map[string]string{}, log: []byte(header)}
	if !bytes.HasPrefix(content, s.log) && !bytes.HasPrefix(s.log, content) {
		return nil, ErrFormat
	}
	if len(content) >= len(header) {
		s.log = content[:s.replay(content)]
	}
	if len(s.log) != len(content) {
		if err := disk.Replace(s.log); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// replay applies the transactions and returns where the valid log ends.
func (s *Store) replay(content []byte) int {
	var ops []Op
	end := len(header)
	for rest := content[end:]; ; {
		body, after, ok := readFrame(rest)
		if !ok {
			return end
		}
		rest = after
		if body[0] == 'C' {
			count, size := binary.Uvarint(body[1:])
			if size != len(body)-1 || count != uint64(len(ops)) || count == 0 {
				return end
			}
			s.perform(ops)
			ops, end = nil, len(content)-len(rest)
			continue
		}
		op, ok := readOp(body)
		if !ok {
			return end
		}
		ops = append(ops, op)
	}
}

func (s *Store) Get(key string) (string, bool) {
	value, found := s.values[key]
	return value, found
}

func (s *Store) Keys(from, to string) []string {
	keys := []string{}
	for key := range s.values {
		if key >= from && (to == "" || key < to) {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	return keys
}

func (s *Store) Apply(ops []Op) error {
	for _, op := range ops {
		if op.Key == "" {
			return ErrKey
		}
	}
	ops = s.effective(ops)
	if len(ops) == 0 {
		return nil
	}
	if s.doubt {
		if err := s.replace(s.log); err != nil {
			return err
		}
	}
	added := transaction(ops)
	if err := s.disk.Append(added); err != nil {
		s.doubt = true
		return err
	}
	s.log = append(s.log, added...)
	s.perform(ops)
	if shortest := s.shortest(); 2*len(shortest) < len(s.log) {
		_ = s.replace(shortest) // the transaction is on the disk in any case
	}
	return nil
}

func (s *Store) Compact() error { return s.replace(s.shortest()) }

func (s *Store) replace(log []byte) error {
	if err := s.disk.Replace(log); err != nil {
		return err
	}
	s.log, s.doubt = log, false
	return nil
}

func (s *Store) perform(ops []Op) {
	for _, op := range ops {
		if op.Delete {
			delete(s.values, op.Key)
		} else {
			s.values[op.Key] = op.Value
		}
	}
}

// effective leaves out the ops that change nothing.
func (s *Store) effective(ops []Op) []Op {
	var effective []Op
	changed := map[string]Op{}
	for _, op := range ops {
		value, present := s.values[op.Key]
		if earlier, known := changed[op.Key]; known {
			value, present = earlier.Value, !earlier.Delete
		}
		if op.Delete && !present || !op.Delete && present && op.Value == value {
			continue
		}
		changed[op.Key] = op
		effective = append(effective, op)
	}
	return effective
}

// shortest is the log that has only puts of the present values.
func (s *Store) shortest() []byte {
	var ops []Op
	for _, key := range s.Keys("", "") {
		ops = append(ops, Op{Key: key, Value: s.values[key]})
	}
	log := []byte(header)
	if len(ops) > 0 {
		log = append(log, transaction(ops)...)
	}
	return log
}

func transaction(ops []Op) []byte {
	var frames []byte
	for _, op := range ops {
		body := []byte{'D'}
		if !op.Delete {
			body = binary.AppendUvarint([]byte{'P'}, uint64(len(op.Key)))
		}
		body = append(body, op.Key...)
		if !op.Delete {
			body = append(body, op.Value...)
		}
		frames = appendFrame(frames, body)
	}
	return appendFrame(frames, binary.AppendUvarint([]byte{'C'}, uint64(len(ops))))
}

func appendFrame(frames, body []byte) []byte {
	frames = binary.AppendUvarint(frames, uint64(len(body)))
	frames = append(frames, body...)
	return binary.BigEndian.AppendUint32(frames, crc32.ChecksumIEEE(body))
}

// readFrame returns the body of the first frame, which has a kind, and what comes after it.
func readFrame(data []byte) (body, rest []byte, ok bool) {
	length, size := binary.Uvarint(data)
	if size <= 0 {
		return nil, nil, false
	}
	data = data[size:]
	if length == 0 || length > uint64(len(data)) || uint64(len(data))-length < 4 {
		return nil, nil, false
	}
	body, data = data[:length], data[length:]
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(data) {
		return nil, nil, false
	}
	return body, data[4:], true
}

func readOp(body []byte) (op Op, ok bool) {
	switch rest := body[1:]; body[0] {
	case 'P':
		length, size := binary.Uvarint(rest)
		if size <= 0 || length == 0 || length > uint64(len(rest)-size) {
			return op, false
		}
		rest = rest[size:]
		return Op{Key: string(rest[:length]), Value: string(rest[length:])}, true
	case 'D':
		return Op{Key: string(rest), Delete: true}, len(rest) > 0
	}
	return op, false
}
