/**
 * Real trainings under random faults: the command {@code puma train} in a process of its own, its
 * executors as its children, and a harness that kills, stops, cuts and breaks them. A fault plan is
 * drawn from a seed; what must hold afterwards does not depend on how the faults fell.
 */
package io.github.pumaspark.jobs.chaos;
