import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import org.springframework.http.MediaType;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.HttpServerErrorException;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/** Hands callbacks over to Bida. Safe to be used by many threads. */
public final class BidaClient {
  private static final int TRIES = 5;

  private final RestClient http;

  /** @param appKey as `POST /v1/apps` has shown it */
  public BidaClient(String baseUrl, String appKey) {
    HttpClient client =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(2)).build();
    JdkClientHttpRequestFactory requests = new JdkClientHttpRequestFactory(client);
    requests.setReadTimeout(Duration.ofSeconds(10));
    http =
        RestClient.builder()
            .baseUrl(baseUrl)
            .requestFactory(requests)
            .defaultHeader("Authorization", "Bearer " + appKey)
            .build();
  }

  /**
   * Returns once the task is committed.
   *
   * @param task the fields of `POST /v1/tasks`; a BigDecimal reaches the target digit by digit
   * @param idempotencyKey one per callback, kept with what it is about: whatever happens in between, every try with the same
   *     key and task gives the same id
   * @throws HttpClientErrorException where the task is refused; its body says which field breaks which rule
   */
  public String call(Map<String, ?> task, String idempotencyKey) throws InterruptedException {
    for (int n = 1; ; n++) {
      try {
        return http.post()
            .uri("/v1/tasks")
            .header("Idempotency-Key", idempotencyKey)
            .contentType(MediaType.APPLICATION_JSON)
            .body(task)
            .retrieve()
            .body(Accepted.class)
            .taskId();
      } catch (HttpServerErrorException | HttpClientErrorException.TooManyRequests | ResourceAccessException e) {
        if (n == TRIES) throw e;
        Thread.sleep(pauseMs(e, n));
      }
    }
  }

  /** As long as Bida asks for with Retry-After; without one a second, two, four, eight. */
  private static long pauseMs(RestClientException e, int n) {
    String asked = null;
    if (e instanceof HttpServerErrorException server) asked = retryAfter(server.getResponseHeaders());
    if (e instanceof HttpClientErrorException client) asked = retryAfter(client.getResponseHeaders());
    return asked == null || !asked.matches("\\d{1,3}") ? 1_000L << (n - 1) : Long.parseLong(asked) * 1_000;
  }

  private static String retryAfter(org.springframework.http.HttpHeaders headers) {
    return headers == null ? null : headers.getFirst("Retry-After");
  }

  private record Accepted(String taskId) {}
}
