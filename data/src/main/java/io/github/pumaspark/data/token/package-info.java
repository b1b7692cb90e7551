/**
 * Between bytes and token ids. Bytes come in, ids go out, and back; a {@code TokenizerSpec} says in
 * a file which tokenizer that was. Imports only {@code lang} and {@code storage}.
 */
@NullMarked
package io.github.pumaspark.data.token;

import org.jspecify.annotations.NullMarked;
