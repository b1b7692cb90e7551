/**
 * From a configuration file and {@code key=value} overrides to typed records that cannot be wrong:
 * {@link io.github.pumaspark.jobs.config.EffectiveConfig}. All problems are reported at once as a
 * {@code ConfigException}. Defaults live in this package's {@code reference.conf} and nowhere else;
 * the keys are the components of {@link io.github.pumaspark.jobs.config.RunConfig}, in kebab-case.
 * Imports the configuration records of their owners; must not import Spark.
 */
@NullMarked
package io.github.pumaspark.jobs.config;

import org.jspecify.annotations.NullMarked;
