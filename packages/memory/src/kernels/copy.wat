;; Bytes from one place of a memory to another, as memmove does it: for a frame several times faster than what typed arrays
;; offer on shared memory. Assembled into copy-module.ts by tools/wat.
(module
  (import "arena" "memory" (memory 1 65536 shared))
  (func (export "copy") (param $to i32) (param $from i32) (param $bytes i32)
    (memory.copy (local.get $to) (local.get $from) (local.get $bytes)))

  ;; Descriptors of 16 bytes, whose own bit is in the second half: each half is one store, the second one an atomic store, so that
  ;; another thread that sees the own bit sees all that was written before it, and no byte is written twice.
  (func (export "writeBack") (param $to i32) (param $from i32) (param $bytes i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $to) (local.get $bytes)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (i64.store (local.get $to) (i64.load (local.get $from)))
        (i64.atomic.store offset=8 (local.get $to) (i64.load offset=8 (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br $next)))))
