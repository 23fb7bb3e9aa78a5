;; Copies for frames, a batch a call: a call into WebAssembly costs as much as a short copy. Places of one copy do not overlap.
;; Assembled into copy-module.ts by tools/wat.
(module
  (import "copy" "memory" (memory 1 65536 shared))

  ;; Above this many bytes memory.copy is faster than the loop below.
  (global $LONG i32 (i32.const 512))

  (func $copy (export "copy") (param $to i32) (param $from i32) (param $bytes i32) (local $last i32) (local $tail v128)
    (if (i32.gt_u (local.get $bytes) (global.get $LONG)) (then
      (memory.copy (local.get $to) (local.get $from) (local.get $bytes))
      (return)))
    (if (i32.lt_u (local.get $bytes) (i32.const 16)) (then
      (call $few (local.get $to) (local.get $from) (local.get $bytes))
      (return)))
    ;; whole blocks, then the last 16 bytes once more: nothing is touched beyond the end
    (local.set $last (i32.sub (i32.add (local.get $from) (local.get $bytes)) (i32.const 16)))
    (local.set $tail (v128.load (local.get $last)))
    (block $rest (loop $four
      (br_if $rest (i32.lt_s (i32.sub (local.get $last) (local.get $from)) (i32.const 48)))
      (v128.store (local.get $to) (v128.load (local.get $from)))
      (v128.store offset=16 (local.get $to) (v128.load offset=16 (local.get $from)))
      (v128.store offset=32 (local.get $to) (v128.load offset=32 (local.get $from)))
      (v128.store offset=48 (local.get $to) (v128.load offset=48 (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 64)))
      (local.set $from (i32.add (local.get $from) (i32.const 64)))
      (br $four)))
    (block $done (loop $one
      (br_if $done (i32.ge_s (i32.sub (local.get $from) (local.get $last)) (i32.const 0)))
      (v128.store (local.get $to) (v128.load (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br $one)))
    (v128.store (i32.add (local.get $to) (i32.sub (local.get $last) (local.get $from))) (local.get $tail)))

  ;; Less than 16 bytes.
  (func $few (param $to i32) (param $from i32) (param $bytes i32)
    (if (i32.and (local.get $bytes) (i32.const 8)) (then
      (i64.store (local.get $to) (i64.load (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 8)))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))))
    (if (i32.and (local.get $bytes) (i32.const 4)) (then
      (i32.store (local.get $to) (i32.load (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 4)))
      (local.set $from (i32.add (local.get $from) (i32.const 4)))))
    (if (i32.and (local.get $bytes) (i32.const 2)) (then
      (i32.store16 (local.get $to) (i32.load16_u (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 2)))
      (local.set $from (i32.add (local.get $from) (i32.const 2)))))
    (if (i32.and (local.get $bytes) (i32.const 1)) (then
      (i32.store8 (local.get $to) (i32.load8_u (local.get $from))))))

  ;; The copies of a list: four words each, {to, from, bytes, unused}.
  (func (export "copyEach") (param $list i32) (param $count i32) (local $end i32)
    (local.set $end (i32.add (local.get $list) (i32.shl (local.get $count) (i32.const 4))))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $list) (local.get $end)))
      (call $copy (i32.load (local.get $list)) (i32.load offset=4 (local.get $list)) (i32.load offset=8 (local.get $list)))
      (local.set $list (i32.add (local.get $list) (i32.const 16)))
      (br $next))))

  ;; Copies, and adds the bytes as 16-bit words in memory order to $sum (RFC 1071); folded to 16 bits.
  (func $copySum (export "copySum") (param $to i32) (param $from i32) (param $bytes i32) (param $sum i32) (result i32)
    (local $end i32) (local $stop i32) (local $acc v128) (local $v v128) (local $total i64) (local $word i32)
    (local.set $total (i64.extend_i32_u (local.get $sum)))
    (local.set $end (i32.add (local.get $from) (i32.and (local.get $bytes) (i32.const -16))))
    (block $blocks (loop $chunk
      (br_if $blocks (i32.eq (local.get $from) (local.get $end)))
      ;; a lane of $acc holds the sums of 32768 blocks at least
      (local.set $stop (i32.sub (local.get $end) (local.get $from)))
      (local.set $stop (i32.add (local.get $from)
        (select (local.get $stop) (i32.const 262144) (i32.lt_u (local.get $stop) (i32.const 262144)))))
      (local.set $acc (v128.const i64x2 0 0))
      (loop $block
        (local.set $v (v128.load (local.get $from)))
        (v128.store (local.get $to) (local.get $v))
        (local.set $acc (i32x4.add (local.get $acc) (i32x4.extadd_pairwise_i16x8_u (local.get $v))))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br_if $block (i32.ne (local.get $from) (local.get $stop))))
      (local.set $total (i64.add (local.get $total) (i64.extend_i32_u (i32x4.extract_lane 0 (local.get $acc)))))
      (local.set $total (i64.add (local.get $total) (i64.extend_i32_u (i32x4.extract_lane 1 (local.get $acc)))))
      (local.set $total (i64.add (local.get $total) (i64.extend_i32_u (i32x4.extract_lane 2 (local.get $acc)))))
      (local.set $total (i64.add (local.get $total) (i64.extend_i32_u (i32x4.extract_lane 3 (local.get $acc)))))
      (br $chunk)))
    (local.set $end (i32.add (local.get $end) (i32.and (local.get $bytes) (i32.const 14))))
    (block $words (loop $next
      (br_if $words (i32.eq (local.get $from) (local.get $end)))
      (local.set $word (i32.load16_u (local.get $from)))
      (i32.store16 (local.get $to) (local.get $word))
      (local.set $total (i64.add (local.get $total) (i64.extend_i32_u (local.get $word))))
      (local.set $to (i32.add (local.get $to) (i32.const 2)))
      (local.set $from (i32.add (local.get $from) (i32.const 2)))
      (br $next)))
    (if (i32.and (local.get $bytes) (i32.const 1)) (then
      (local.set $word (i32.load8_u (local.get $from)))
      (i32.store8 (local.get $to) (local.get $word))
      (local.set $total (i64.add (local.get $total) (i64.extend_i32_u (local.get $word))))))
    (loop $fold
      (local.set $total (i64.add (i64.and (local.get $total) (i64.const 0xffff)) (i64.shr_u (local.get $total) (i64.const 16))))
      (br_if $fold (i64.gt_u (local.get $total) (i64.const 0xffff))))
    (i32.wrap_i64 (local.get $total)))

  ;; The copies of a list, {to, from, bytes, sum}: the sum goes on from what stands there, and is put there.
  (func (export "copySumEach") (param $list i32) (param $count i32) (local $end i32)
    (local.set $end (i32.add (local.get $list) (i32.shl (local.get $count) (i32.const 4))))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $list) (local.get $end)))
      (i32.store offset=12 (local.get $list) (call $copySum
        (i32.load (local.get $list)) (i32.load offset=4 (local.get $list)) (i32.load offset=8 (local.get $list))
        (i32.load offset=12 (local.get $list))))
      (local.set $list (i32.add (local.get $list) (i32.const 16)))
      (br $next))))

  ;; Whether $bytes at offset $at are inside a window of $window bytes.
  (func $inside (param $at i32) (param $bytes i32) (param $window i32) (result i32)
    (i32.and
      (i32.le_u (local.get $bytes) (local.get $window))
      (i32.le_u (local.get $at) (i32.sub (local.get $window) (local.get $bytes)))))

  ;; Segments {offset in the window, bytes} into one place of $room bytes. Bytes copied; -1 where one leaves the window or the room:
  ;; what was copied before it stays.
  (func (export "gather") (param $list i32) (param $count i32) (param $window i32) (param $windowBytes i32)
    (param $to i32) (param $room i32) (result i32) (local $end i32) (local $at i32) (local $bytes i32) (local $done i32)
    (local.set $end (i32.add (local.get $list) (i32.shl (local.get $count) (i32.const 3))))
    (block $all (loop $next
      (br_if $all (i32.eq (local.get $list) (local.get $end)))
      ;; once each: whoever shares the list may change it
      (local.set $at (i32.load (local.get $list)))
      (local.set $bytes (i32.load offset=4 (local.get $list)))
      (if (i32.eqz (call $inside (local.get $at) (local.get $bytes) (local.get $windowBytes))) (then (return (i32.const -1))))
      (if (i32.gt_u (local.get $bytes) (i32.sub (local.get $room) (local.get $done))) (then (return (i32.const -1))))
      (call $copy (i32.add (local.get $to) (local.get $done)) (i32.add (local.get $window) (local.get $at)) (local.get $bytes))
      (local.set $done (i32.add (local.get $done) (local.get $bytes)))
      (local.set $list (i32.add (local.get $list) (i32.const 8)))
      (br $next)))
    (local.get $done))

  ;; $bytes from one place into the segments {offset in the window, bytes}, in order. Segments used; -1 where one leaves the window or
  ;; there is no more.
  (func (export "scatter") (param $list i32) (param $count i32) (param $window i32) (param $windowBytes i32)
    (param $from i32) (param $bytes i32) (result i32) (local $used i32) (local $at i32) (local $room i32) (local $part i32)
    (block $all (loop $next
      (br_if $all (i32.eqz (local.get $bytes)))
      (if (i32.ge_u (local.get $used) (local.get $count)) (then (return (i32.const -1))))
      (local.set $at (i32.load (local.get $list)))
      (local.set $room (i32.load offset=4 (local.get $list)))
      (if (i32.eqz (call $inside (local.get $at) (local.get $room) (local.get $windowBytes))) (then (return (i32.const -1))))
      (local.set $part (select (local.get $room) (local.get $bytes) (i32.lt_u (local.get $room) (local.get $bytes))))
      (call $copy (i32.add (local.get $window) (local.get $at)) (local.get $from) (local.get $part))
      (local.set $from (i32.add (local.get $from) (local.get $part)))
      (local.set $bytes (i32.sub (local.get $bytes) (local.get $part)))
      (local.set $used (i32.add (local.get $used) (i32.const 1)))
      (local.set $list (i32.add (local.get $list) (i32.const 8)))
      (br $next)))
    (local.get $used))

  ;; A batch of a device's descriptors {offset in the window, 0, command and length, status}: each is checked, its frame copied into the
  ;; buffer at the state's place (from the buffer's start where it does not fit), its status written back where asked for. The first
  ;; status of the batch is written last, in order, so one ordered store is enough for a driver that looks at them in turn. The state
  ;; is four words, {place in the buffer, frames, bytes, refused}, and goes on. The buffer has room for the longest frame, 65535 bytes.
  (func (export "drain") (param $ring i32) (param $mask i32) (param $index i32) (param $count i32) (param $window i32)
    (param $windowBytes i32) (param $buffer i32) (param $bufferBytes i32) (param $state i32)
    (local $d i32) (local $command i32) (local $bytes i32) (local $offset i32) (local $at i32) (local $first i32)
    (local $frames i32) (local $sum i32) (local $refused i32)
    (local.set $at (i32.load (local.get $state)))
    (block $all (loop $next
      (br_if $all (i32.eqz (local.get $count)))
      (local.set $d (i32.add (local.get $ring) (i32.shl (i32.and (local.get $index) (local.get $mask)) (i32.const 4))))
      (local.set $command (i32.load offset=8 (local.get $d)))
      (local.set $bytes (i32.and (local.get $command) (i32.const 0xffff)))
      (local.set $offset (i32.load (local.get $d)))
      (if (i32.and
            (i32.and
              (i32.eqz (i32.load offset=4 (local.get $d)))
              (i32.and (i32.shr_u (local.get $command) (i32.const 24)) (i32.const 1)))
            (i32.and
              (i32.le_u (local.get $bytes) (local.get $windowBytes))
              (i32.le_u (local.get $offset) (i32.sub (local.get $windowBytes) (local.get $bytes))))) (then
        (if (i32.gt_u (i32.add (local.get $at) (local.get $bytes)) (local.get $bufferBytes)) (then (local.set $at (i32.const 0))))
        (call $copy (i32.add (local.get $buffer) (local.get $at)) (i32.add (local.get $window) (local.get $offset)) (local.get $bytes))
        (local.set $at (i32.add (local.get $at) (i32.and (i32.add (local.get $bytes) (i32.const 63)) (i32.const -64))))
        (local.set $frames (i32.add (local.get $frames) (i32.const 1)))
        (local.set $sum (i32.add (local.get $sum) (local.get $bytes))))
      (else (local.set $refused (i32.add (local.get $refused) (i32.const 1)))))
      (if (i32.and (local.get $command) (i32.const 0x08000000)) (then
        (if (local.get $first)
          (then (i32.store offset=12 (local.get $d) (i32.const 1)))
          (else (local.set $first (local.get $d))))))
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $next)))
    (i32.store (local.get $state) (local.get $at))
    (i32.store offset=4 (local.get $state) (i32.add (i32.load offset=4 (local.get $state)) (local.get $frames)))
    (i32.store offset=8 (local.get $state) (i32.add (i32.load offset=8 (local.get $state)) (local.get $sum)))
    (i32.store offset=12 (local.get $state) (i32.add (i32.load offset=12 (local.get $state)) (local.get $refused)))
    (if (local.get $first) (then (i32.atomic.store offset=12 (local.get $first) (i32.const 1))))))
