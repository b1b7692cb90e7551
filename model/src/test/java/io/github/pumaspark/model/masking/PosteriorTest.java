package io.github.pumaspark.model.masking;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Every sequence of 4 tokens over an alphabet of 3 goes through the strategy; that a noisy row says
 * no more about its hidden tokens than the revealed tokens do is what makes the optimum of the loss
 * that of random masks.
 */
final class PosteriorTest {
  private static final int LENGTH = 4;
  private static final int ALPHABET = 3;
  private static final int SEQUENCES = 81;
  private static final int MASK = FakeSequences.MASK;

  /** The confidence of a position given the noisy tokens, and the clean ones for a cheat. */
  private interface Policy {
    float of(int[] noisy, int[] clean, int index);
  }

  @Test
  void noisyTokensTellNothingElseAboutTheHiddenOnes() {
    Policy honest = (noisy, clean, index) -> (Arrays.hashCode(noisy) * 31 + index * 7919) % 97;

    assertThat(posteriorError(honest)).isLessThan(1e-12);
  }

  @Test
  void confidenceThatPeeksAtTheHiddenTokensIsFoundOut() {
    Policy peeking = (noisy, clean, index) -> clean[index];

    assertThat(posteriorError(peeking)).isGreaterThan(0.1);
  }

  /**
   * Largest difference, over seeds, phases, noisy rows and hidden positions, between the law of the
   * hidden token given the noisy row and its law given only the revealed tokens.
   */
  private static double posteriorError(Policy policy) {
    double[] law = randomLaw(5);
    double error = 0;
    for (long seed = 0; seed < 20; seed++) {
      List<Map<String, List<Integer>>> cleanOfNoisy = new ArrayList<>();
      for (int s = 0; s < SEQUENCES; s++) {
        List<int[]> chain = chain(seed, tokens(s), policy);
        for (int t = 0; t < chain.size(); t++) {
          if (cleanOfNoisy.size() == t) {
            cleanOfNoisy.add(new HashMap<>());
          }
          String noisy = Arrays.toString(chain.get(t));
          cleanOfNoisy.get(t).computeIfAbsent(noisy, n -> new ArrayList<>()).add(s);
        }
      }
      for (Map<String, List<Integer>> atOneStep : cleanOfNoisy) {
        for (Map.Entry<String, List<Integer>> entry : atOneStep.entrySet()) {
          List<Integer> agreeing = agreeing(entry.getKey());
          for (int i = 0; i < LENGTH; i++) {
            for (int token = 0; token < ALPHABET; token++) {
              double given = share(law, entry.getValue(), i, token);
              error = Math.max(error, Math.abs(given - share(law, agreeing, i, token)));
            }
          }
        }
      }
    }
    return error;
  }

  /** Noisy tokens of two sequences that follow each other in one lane, {@code clean} both times. */
  private static List<int[]> chain(long seed, int[] clean, Policy policy) {
    Ranks ranks = new Ranks(Ranks.progressive(3, 1), FakeSequences.repeating(clean), seed, 1, 1);
    List<int[]> chain = new ArrayList<>();
    for (int t = 0; t < 6; t++) {
      chain.add(ranks.step((noisy, index) -> policy.of(noisy, clean, index)).noisy().get(0));
    }
    return chain;
  }

  private static List<Integer> agreeing(String noisyText) {
    String[] noisy = noisyText.replaceAll("[\\[\\] ]", "").split(",");
    List<Integer> result = new ArrayList<>();
    for (int s = 0; s < SEQUENCES; s++) {
      boolean agrees = true;
      for (int i = 0; i < LENGTH; i++) {
        int token = Integer.parseInt(noisy[i]);
        agrees &= token == MASK || token == tokens(s)[i];
      }
      if (agrees) {
        result.add(s);
      }
    }
    return result;
  }

  private static double share(double[] law, List<Integer> sequences, int index, int token) {
    double all = 0;
    double matching = 0;
    for (int s : sequences) {
      all += law[s];
      matching += tokens(s)[index] == token ? law[s] : 0;
    }
    return matching / all;
  }

  private static double[] randomLaw(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] law = random.doubles(SEQUENCES).toArray();
    double sum = Arrays.stream(law).sum();
    return Arrays.stream(law).map(x -> x / sum).toArray();
  }

  private static int[] tokens(int number) {
    return new int[] {number % 3, number / 3 % 3, number / 9 % 3, number / 27};
  }
}
