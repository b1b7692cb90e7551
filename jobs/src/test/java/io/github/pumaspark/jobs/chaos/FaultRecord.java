package io.github.pumaspark.jobs.chaos;

import java.util.Optional;

/**
 * What became of one fault.
 *
 * @param seconds since the start of the suite's run
 * @param at progress of the run when it came
 * @param detail what was done to which process
 * @param recoverySeconds until a later generation had trained; empty = the run went on without one,
 *     or the next fault came first
 * @param resumedFrom step of the checkpoint that was gone on from
 */
record FaultRecord(
    Fault fault,
    double seconds,
    RunInspector.Progress at,
    String detail,
    Optional<Double> recoverySeconds,
    long resumedFrom) {
  FaultRecord recovered(double afterSeconds, long checkpoint) {
    return new FaultRecord(fault, seconds, at, detail, Optional.of(afterSeconds), checkpoint);
  }
}
