import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * Runs cases of grpc-java's own interop client in one JVM, which its command line does one at a time.
 * java -cp 'lib/*' InteropCases.java "CASE CASE" OPTION… prints "PASS case" or "FAIL case why" for each.
 * The client's class is not public, hence the reflection.
 */
public class InteropCases {
  private static final String PACKAGE = "io.grpc.testing.integration.";

  public static void main(String[] words) throws Exception {
    registerLoadBalancer();
    String[] options = Arrays.copyOfRange(words, 1, words.length);
    int failed = 0;
    for (String name : words[0].split(" ")) {
      try {
        run(Stream.concat(Arrays.stream(options), Stream.of("--test_case=" + name)).toArray(String[]::new));
        System.out.println("PASS " + name);
      } catch (InvocationTargetException error) {
        failed++;
        System.out.println("FAIL " + name + " " + error.getCause());
      }
    }
    System.exit(failed > 0 ? 1 : 0);
  }

  private static void run(String[] options) throws Exception {
    Object client = make("TestServiceClient");
    call(client, "parseArgs", new Class<?>[] {String[].class}, (Object) options);
    call(client, "setUp", new Class<?>[0]);
    try {
      call(client, "run", new Class<?>[0]);
    } finally {
      call(client, "tearDown", new Class<?>[0]);
    }
  }

  /** The cases about load reports ask for the balancer that reads them. */
  private static void registerLoadBalancer() throws Exception {
    Class<?> registry = Class.forName("io.grpc.LoadBalancerRegistry");
    Class<?> provider = Class.forName("io.grpc.LoadBalancerProvider");
    Object known = registry.getMethod("getDefaultRegistry").invoke(null);
    registry.getMethod("register", provider).invoke(known, make("CustomBackendMetricsLoadBalancerProvider"));
  }

  private static Object make(String name) throws Exception {
    Constructor<?> constructor = Class.forName(PACKAGE + name).getDeclaredConstructor();
    constructor.setAccessible(true);
    return constructor.newInstance();
  }

  private static void call(Object target, String name, Class<?>[] types, Object... values) throws Exception {
    var method = target.getClass().getDeclaredMethod(name, types);
    method.setAccessible(true);
    method.invoke(target, values);
  }
}
