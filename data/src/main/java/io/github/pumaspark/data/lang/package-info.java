/** Argument checks and closing of resources; anyone may import it, it imports nothing. */
@NullMarked
package io.github.pumaspark.data.lang;

import org.jspecify.annotations.NullMarked;
