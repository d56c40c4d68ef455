townd_test(model_test BATCHED
    SOURCES model/differential_test.cpp model/faults_test.cpp model/random_steps.cpp
        model/random_values.cpp model/values_as_text.cpp
    NEEDS model store)
